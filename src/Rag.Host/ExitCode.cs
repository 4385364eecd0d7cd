namespace Rag.Host;

/// <summary>How <c>rag</c> ends; documented in <c>rag --help</c>.</summary>
internal static class ExitCode
{
    /// <summary>Done, or stopped when asked to.</summary>
    public const int Ok = 0;

    /// <summary>An argument or a configuration value is wrong.</summary>
    public const int InvalidArguments = 104;

    /// <summary>A fault of the program; its trace is on standard error.</summary>
    public const int InternalError = 107;

    /// <summary>An address can't be listened on.</summary>
    public const int AddressUnavailable = 110;

    /// <summary>The data folder can't be made, read or written.</summary>
    public const int DataFolderUnusable = 111;

    /// <summary>The data folder belongs to another running process.</summary>
    public const int DataFolderInUse = 112;

    /// <summary>A key or user that was named doesn't exist.</summary>
    public const int NotFound = 113;

    /// <summary>An engine that the configuration chooses can't be used as it is.</summary>
    public const int EngineUnusable = 114;

    /// <summary>Stopped at once by a second Ctrl-C.</summary>
    public const int Interrupted = 130;
}

/// <summary>A failure that one line explains; no trace is printed.</summary>
internal sealed class CommandException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;
}
