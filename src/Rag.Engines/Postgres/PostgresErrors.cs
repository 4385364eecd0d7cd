using System.Globalization;
using System.Net.Sockets;
using Npgsql;
using Rag.Errors;

namespace Rag.Engines.Postgres;

/// <summary>The driver's exceptions as the system's own. The texts name the server's state and a remedy, never a statement's values.</summary>
internal static class PostgresErrors
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(5);

    /// <summary>Whether an exception is the driver's or its transport's.</summary>
    public static bool IsDrivers(Exception error) => error is NpgsqlException or SocketException or IOException or TimeoutException;

    /// <summary>Whether the connection had gone: the server ended, or ended it. Whatever was under way may or may not have been done.</summary>
    public static bool LostConnection(Exception? error) => error switch
    {
        PostgresException refused => refused.SqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or "57P05",
        NpgsqlException { InnerException: TimeoutException } => false,
        NpgsqlException { InnerException: IOException or SocketException or ObjectDisposedException } => true,
        IOException or SocketException => true,
        _ => false,
    };

    /// <summary>An error of a statement.</summary>
    public static RagException Translate(Exception error) => error switch
    {
        PostgresException refused => Refused(refused),
        TimeoutException or { InnerException: TimeoutException } => new RagException(RagError.DeadlineExceeded, "PostgreSQL did not answer in time; try again", Soon, error),
        _ => new RagException(RagError.Unavailable, "PostgreSQL can't be reached: the connection was lost; try again later", Soon, error),
    };

    /// <summary>An error of opening a connection.</summary>
    public static RagException WhileOpening(Exception error) => error switch
    {
        PostgresException refused => Refused(refused),
        // The only sign of a full pool that the driver gives.
        NpgsqlException { InnerException: TimeoutException } when error.Message.Contains("pool has been exhausted", StringComparison.Ordinal) =>
            new RagException(RagError.Overloaded, "PostgreSQL: all connections of this process are in use (postgres:pool); try again later", Soon, error),
        _ => new RagException(RagError.Unavailable, "PostgreSQL can't be reached; try again later, or see what 'rag check' says", Soon, error),
    };

    /// <summary>The time of a call is over.</summary>
    public static RagException TookTooLong(TimeSpan limit, Exception? error = null) => new(
        RagError.DeadlineExceeded, string.Create(CultureInfo.InvariantCulture, $"PostgreSQL did not answer within {limit.TotalSeconds:0.###} s (postgres:timeout_seconds); try again"), Soon, error);

    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    private static RagException Refused(PostgresException error) => error.SqlState switch
    {
        PostgresErrorCodes.TooManyConnections => new(RagError.Overloaded, "PostgreSQL has no connection left (max_connections); try again later", Later, error),
        PostgresErrorCodes.CannotConnectNow => new(RagError.Unavailable, "PostgreSQL is starting, recovering or stopping; try again later", Soon, error),
        PostgresErrorCodes.QueryCanceled => new(RagError.DeadlineExceeded, "PostgreSQL did not answer in time; try again", Soon, error),
        PostgresErrorCodes.LockNotAvailable => new(RagError.Overloaded, "PostgreSQL: others hold what is to be written for too long; try again", Soon, error),
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            new(RagError.Unavailable, "PostgreSQL refuses the user or the password of postgres:connection; see what 'rag check' says", Later, error),
        PostgresErrorCodes.InvalidCatalogName => new(RagError.Unavailable, "PostgreSQL has no database of the name in postgres:connection; see what 'rag check' says", Later, error),
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedFunction =>
            new(RagError.Unavailable, $"PostgreSQL lacks a table or an extension that is needed (SQLSTATE {error.SqlState}); run 'rag migrate'", Later, error),
        PostgresErrorCodes.InsufficientPrivilege => new(RagError.Unavailable, "PostgreSQL: the user of postgres:connection may not do this; see what 'rag check' says", Later, error),
        PostgresErrorCodes.DiskFull => new(RagError.Unavailable, "PostgreSQL's disk is full", Later, error),
        _ => new(RagError.Unavailable, $"PostgreSQL can't do it now (SQLSTATE {error.SqlState}); try again later", Soon, error),
    };
}
