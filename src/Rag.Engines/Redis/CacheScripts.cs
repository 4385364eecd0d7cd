namespace Rag.Engines.Redis;

/// <summary>
/// The cache's rules in Lua, each call one step that nothing comes between. Time is the server's, in microseconds (exact in Lua's doubles until the year 2255).
/// <code>
///   {prefix}:generations   hash   o: number of tenants that are not listed · l: the greatest given · t…: a tenant's
///   {prefix}:v:NAME        hash   g generation · r refresh from · v value          lives as long as the value
///   {prefix}:l:NAME        hash   g generation · n the lease's name                lives as long as the lease
///   {prefix}:h:NAME        hash   g generation · t since · v value                 handed to those who waited, a few seconds
/// </code>
/// A new (or emptied) server's generations start at its clock, which is faster than any caller: so they never meet those of before. All keys carry one hash tag,
/// since a script of a cluster works in one slot.
/// </summary>
internal static class CacheScripts
{
    private const string Common = """
        if redis.replicate_commands then redis.replicate_commands() end
        local time = redis.call('TIME')
        local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
        local function text(number) return string.format('%.0f', number) end
        local function base()
          local others = redis.call('HGET', KEYS[1], 'o')
          if others then return others end
          redis.call('DEL', KEYS[1])
          redis.call('HSET', KEYS[1], 'o', text(now), 'l', text(now))
          return text(now)
        end
        local function generation(tenant)
          local others = base()
          return redis.call('HGET', KEYS[1], tenant) or others
        end

        """;

    /// <summary>KEYS generations, value, lease, handed. ARGV tenant, lease's name, lease's ms, waiting since (0: it asks anew), channel, name. Gives state, generation, value, refresh, stale, now, handed at (0: kept).</summary>
    public const string Look = Common + """
        local current = generation(ARGV[1])
        local function lead()
          local held = redis.call('HMGET', KEYS[3], 'g', 'n')
          if held[1] == current then return held[2] == ARGV[2] end
          redis.call('DEL', KEYS[3])
          redis.call('HSET', KEYS[3], 'g', current, 'n', ARGV[2])
          redis.call('PEXPIRE', KEYS[3], ARGV[3])
          if held[1] then redis.call('PUBLISH', ARGV[5], ARGV[6]) end
          return true
        end
        local kept = redis.call('HMGET', KEYS[2], 'g', 'r', 'v')
        if kept[1] == current then
          local refresh = tonumber(kept[2]) <= now and lead()
          return { 'hit', current, kept[3], refresh and 1 or 0, 0, text(now), '0' }
        end
        if kept[1] then redis.call('DEL', KEYS[2]) end
        if tonumber(ARGV[4]) > 0 then
          local handed = redis.call('HMGET', KEYS[4], 'g', 't', 'v')
          if handed[1] == current and tonumber(handed[2]) >= tonumber(ARGV[4]) then return { 'hit', current, handed[3], 0, 0, text(now), handed[2] } end
        end
        return { lead() and 'lead' or 'busy', current, '', 0, kept[1] and 1 or 0, text(now), '0' }
        """;

    /// <summary>KEYS generations, value, lease, handed. ARGV tenant, generation, value, lifetime ms (0: only hand it over, -1: not even that), refresh after ms (-1: never), channel, name, hand over for ms. Gives 1 when it is still good.</summary>
    public const string Keep = Common + """
        local good = generation(ARGV[1]) == ARGV[2]
        local lifetime = tonumber(ARGV[4])
        if good and lifetime > 0 then
          local refresh = tonumber(ARGV[5])
          redis.call('DEL', KEYS[2])
          redis.call('HSET', KEYS[2], 'g', ARGV[2], 'r', refresh < 0 and '9e15' or text(now + refresh * 1000), 'v', ARGV[3])
          redis.call('PEXPIRE', KEYS[2], lifetime)
        end
        if redis.call('HGET', KEYS[3], 'g') == ARGV[2] then
          redis.call('DEL', KEYS[3])
          if good and lifetime == 0 then
            redis.call('DEL', KEYS[4])
            redis.call('HSET', KEYS[4], 'g', ARGV[2], 't', text(now), 'v', ARGV[3])
            redis.call('PEXPIRE', KEYS[4], ARGV[8])
          end
          redis.call('PUBLISH', ARGV[6], ARGV[7])
        end
        return good and 1 or 0
        """;

    /// <summary>KEYS lease. ARGV lease's name, channel, name.</summary>
    public const string Abandon = """
        if redis.call('HGET', KEYS[1], 'n') == ARGV[1] then
          redis.call('DEL', KEYS[1])
          redis.call('PUBLISH', ARGV[2], ARGV[3])
        end
        return 1
        """;

    /// <summary>KEYS generations. ARGV most tenants, then the tenants; '*' is all.</summary>
    public const string Invalidate = Common + """
        base()
        local latest = tonumber(redis.call('HGET', KEYS[1], 'l'))
        latest = math.max(latest + 1, now)
        local all = false
        for i = 2, #ARGV do
          if ARGV[i] == '*' then all = true else redis.call('HSET', KEYS[1], ARGV[i], text(latest)) end
        end
        if all or redis.call('HLEN', KEYS[1]) > tonumber(ARGV[1]) + 2 then
          redis.call('DEL', KEYS[1])
          redis.call('HSET', KEYS[1], 'o', text(latest))
        end
        redis.call('HSET', KEYS[1], 'l', text(latest))
        return 1
        """;
}
