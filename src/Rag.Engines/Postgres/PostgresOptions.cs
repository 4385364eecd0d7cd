using Npgsql;
using Rag.Hosting;

namespace Rag.Engines.Postgres;

/// <summary>How to reach PostgreSQL; the configuration section <c>postgres</c>, shared by all engines that work on it.</summary>
public sealed record PostgresOptions
{
    private const string ConnectionExample = "a connection such as Host=db.example;Port=5432;Database=rag;Username=rag;Password=…";

    /// <summary>Where the server is and who asks, <c>postgres:connection</c>; holds a password, so it comes from the environment (<c>RAG_POSTGRES__CONNECTION</c>).</summary>
    public static readonly Setting<string?> ConnectionSetting = new(
        "postgres:connection", ConnectionExample, null, null, "The PostgreSQL server: host, port, database, user and password, as Npgsql writes them", ReadConnection)
    { Secret = true };

    /// <summary>The most connections of one process, <c>postgres:pool</c>; default 16.</summary>
    public static readonly Setting<int> PoolSetting = Setting.Whole("postgres:pool", 16, 4, 1_000, "The most connections to PostgreSQL that one process holds");

    /// <summary>The schema that holds the tables, <c>postgres:schema</c>; default <c>rag</c>.</summary>
    public static readonly Setting<string> SchemaSetting = new(
        "postgres:schema", "1 to 48 lower-case letters, digits and _, not a digit first", "rag", "rag", "The schema in which the system keeps its tables", ReadSchema);

    /// <summary>How long one call may take, <c>postgres:timeout_seconds</c>; default 5 s.</summary>
    public static readonly Setting<TimeSpan> TimeoutSetting = Setting.Seconds("postgres:timeout_seconds", 5, 0.1, 600, "How long one call to PostgreSQL may take before it counts as failed");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> Settings { get; } = [ConnectionSetting, PoolSetting, SchemaSetting, TimeoutSetting];

    /// <summary>Host, port, database, user and password, as Npgsql writes them. Never shown.</summary>
    public required string Connection { get; init; }

    /// <summary>The most connections of this process.</summary>
    public int Pool { get; init; } = PoolSetting.Default;

    /// <summary>The schema that holds the tables; a plain name that needs no quotes.</summary>
    public string Schema { get; init; } = SchemaSetting.Default;

    /// <summary>How long one call may take, the wait for a connection included.</summary>
    public TimeSpan Timeout { get; init; } = TimeoutSetting.Default;

    /// <summary>Reads the section.</summary>
    /// <exception cref="InvalidOperationException">Values that are missing or not permitted; the message names all of them, but never the connection's text.</exception>
    public static PostgresOptions Read(EngineContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var reader = new SettingsReader(context.Configuration);
        if (context.Configuration[ConnectionSetting.Path] is not { Length: > 0 })
            reader.Refuse($"{ConnectionSetting.Path}: nothing is set, but an engine is postgres; expected {ConnectionExample}, best given as RAG_POSTGRES__CONNECTION");
        var options = new PostgresOptions
        {
            Connection = reader.Read(ConnectionSetting) ?? "",
            Pool = reader.Read(PoolSetting),
            Schema = reader.Read(SchemaSetting),
            Timeout = reader.Read(TimeoutSetting),
        };
        reader.ThrowIfWrong();
        return options;
    }

    /// <summary>Without the password.</summary>
    public override string ToString()
    {
        var parts = new NpgsqlConnectionStringBuilder(Connection);
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{parts.Host}:{parts.Port}/{parts.Database ?? parts.Username}, schema {Schema}, pool {Pool}");
    }

    private static bool ReadConnection(string text, out string? value)
    {
        value = text;
        try
        {
            return new NpgsqlConnectionStringBuilder(text).Host is { Length: > 0 };
        }
        catch (Exception error) when (error is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            return false;
        }
    }

    private static bool ReadSchema(string text, out string value)
    {
        value = text;
        return text.Length is >= 1 and <= 48 && !char.IsAsciiDigit(text[0]) && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_')
            && !text.StartsWith("pg_", StringComparison.Ordinal);
    }
}
