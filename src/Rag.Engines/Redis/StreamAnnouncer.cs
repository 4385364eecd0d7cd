using System.Globalization;
using Rag.Ingestion;
using StackExchange.Redis;

namespace Rag.Engines.Redis;

/// <summary>
/// Notices as entries of a stream, and a publication for those who wait. How safely they lie there is Redis's own matter (<c>appendonly</c>): what it loses the
/// relay tells again.
/// </summary>
internal sealed class StreamAnnouncer(RedisConnection redis, StreamKeys keys) : IJobAnnouncer
{
    private const string Service = "queue";

    /// <summary>KEYS the stream. ARGV most entries, channel (empty: tell nobody), then the entries.</summary>
    private const string Add = """
        for i = 3, #ARGV do redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'n', ARGV[i]) end
        if ARGV[2] ~= '' then redis.call('PUBLISH', ARGV[2], #ARGV - 2) end
        return 1
        """;

    /// <summary>KEYS the stream. Entries are deleted once acknowledged, so what is there waits. Gives their number and the oldest's age in ms, by the server's clock.</summary>
    private const string Describe = """
        local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
        if not first then return { 0, 0 } end
        local time = redis.call('TIME')
        return { redis.call('XLEN', KEYS[1]), math.max(0, time[1] * 1000 + math.floor(time[2] / 1000) - tonumber(string.match(first[1], '^%d+'))) }
        """;

    public async ValueTask AnnounceAsync(IReadOnlyList<JobNotice> notices, CancellationToken cancellationToken) =>
        await AddAsync(keys.Jobs, (string)keys.Grown!, notices.Select(notice => notice.ToBytes()), cancellationToken).ConfigureAwait(false);

    public async ValueTask BuryAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken) =>
        await AddAsync(keys.Dead, "", letters.Select(letter => letter.ToBytes()), cancellationToken).ConfigureAwait(false);

    public async ValueTask<JobChannelState> DescribeAsync(CancellationToken cancellationToken)
    {
        var result = await redis.CallAsync(Service, database => database.ScriptEvaluateAsync(Describe, [keys.Jobs]), cancellationToken).ConfigureAwait(false);
        return new JobChannelState((long)result[0], TimeSpan.FromMilliseconds((long)result[1]));
    }

    private async Task AddAsync(RedisKey stream, string channel, IEnumerable<byte[]> entries, CancellationToken cancellationToken)
    {
        RedisValue[] values = [keys.Options.MaxLength.ToString(CultureInfo.InvariantCulture), channel, .. entries.Select(entry => (RedisValue)entry)];
        await redis.CallAsync(Service, database => database.ScriptEvaluateAsync(Add, [stream], values), cancellationToken).ConfigureAwait(false);
    }
}
