using Microsoft.Extensions.Configuration;
using Rag.Hosting;
using StackExchange.Redis;

namespace Rag.Engines.Redis;

/// <summary>How to reach Redis, for all engines that keep something there; the configuration section <c>redis</c>.</summary>
internal sealed record RedisOptions
{
    /// <summary>Where it is.</summary>
    public static readonly Setting<string?> ConnectionSetting = Setting.Hidden("redis:connection", "Redis's address as StackExchange.Redis reads it, such as 10.0.0.5:6379,password=…,ssl=true; several addresses for a cluster");

    /// <summary>Which database.</summary>
    public static readonly Setting<int> DatabaseSetting = Setting.Whole("redis:database", 0, 0, 1_000, "The database's number; a cluster has only 0");

    /// <summary>The prefix.</summary>
    public static readonly Setting<string?> PrefixSetting = Setting.Text("redis:prefix", "rag", "What all keys begin with, so that systems share a server; no braces");

    /// <summary>The time-out.</summary>
    public static readonly Setting<TimeSpan> TimeoutSetting = Setting.Milliseconds("redis:timeout_ms", 400, 20, 60_000, "The longest that Redis may take to answer");

    /// <summary>The greatest value.</summary>
    public static readonly Setting<int> MaxValueSetting = Setting.Whole("redis:max_value_bytes", 8 << 20, 1_024, 256 << 20, "The greatest value that is kept; greater ones are computed each time");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [ConnectionSetting, DatabaseSetting, PrefixSetting, TimeoutSetting, MaxValueSetting];

    /// <summary>Where it is, with its password: never shown.</summary>
    public required string Connection { get; init; }

    /// <summary>Which database.</summary>
    public int Database { get; init; }

    /// <summary>What all keys begin with.</summary>
    public string Prefix { get; init; } = PrefixSetting.Default!;

    /// <summary>The longest that a call may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeoutSetting.Default;

    /// <summary>The greatest value that is kept.</summary>
    public int MaxValueBytes { get; init; } = MaxValueSetting.Default;

    /// <summary>Whether the client may ask the server about itself (INFO), as checks do.</summary>
    public bool Admin { get; init; }

    /// <summary>Reads the section.</summary>
    /// <exception cref="InvalidOperationException">Values that are missing or not permitted, all at once.</exception>
    public static RedisOptions Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var options = new RedisOptions
        {
            Connection = reader.Read(ConnectionSetting) ?? "",
            Database = reader.Read(DatabaseSetting),
            Prefix = reader.Read(PrefixSetting)!,
            Timeout = reader.Read(TimeoutSetting),
            MaxValueBytes = reader.Read(MaxValueSetting),
        };
        if (options.Connection.Length == 0)
            reader.Refuse($"{ConnectionSetting.Path}: nothing is set; expected Redis's address such as 127.0.0.1:6379");
        else if (options.Problem() is { } problem)
            reader.Refuse($"{ConnectionSetting.Path}: {problem}; expected an address such as 127.0.0.1:6379,password=…");
        if (options.Prefix.Length > 100 || options.Prefix.Any(c => c is '{' or '}'))
            reader.Refuse($"{PrefixSetting.Path}: '{options.Prefix}' is not permitted; expected at most 100 characters without braces");
        reader.ThrowIfWrong();
        return options;
    }

    /// <summary>The client's settings: it never gives up, and what can't be sent now fails now.</summary>
    public ConfigurationOptions Client()
    {
        var client = ConfigurationOptions.Parse(Connection);
        client.AbortOnConnectFail = false;
        client.ConnectTimeout = 1_000;
        client.ConnectRetry = 1;
        client.AsyncTimeout = client.SyncTimeout = (int)Timeout.TotalMilliseconds;
        client.BacklogPolicy = BacklogPolicy.FailFast;
        client.ReconnectRetryPolicy = new ExponentialRetry(100, 2_000);
        client.HeartbeatInterval = TimeSpan.FromMilliseconds(250);
        client.HeartbeatConsistencyChecks = true;
        client.KeepAlive = 5;
        client.DefaultDatabase = Database;
        client.AllowAdmin |= Admin;
        client.ClientName ??= "rag";
        return client;
    }

    private string? Problem()
    {
        try
        {
            return ConfigurationOptions.Parse(Connection).EndPoints.Count == 0 ? "it names no address" : null;
        }
        catch (ArgumentException)
        {
            return "it can't be read"; // the client's words may hold the password
        }
    }
}
