namespace Rag.Host.Supervising;

/// <summary>Starts processes.</summary>
internal interface IProcessLauncher
{
    /// <summary>Starts one.</summary>
    /// <param name="plan">What to run.</param>
    /// <param name="listening">Its HTTP addresses.</param>
    /// <param name="changed">Called, on any thread, when it has said where it listens and when it has ended.</param>
    /// <exception cref="IOException">The operating system refused.</exception>
    IChildProcess Start(ProcessPlan plan, Listening listening, Action changed);
}

/// <summary>A process that was started.</summary>
internal interface IChildProcess : IDisposable
{
    /// <summary>Its id.</summary>
    int Id { get; }

    /// <summary>Null while it runs; 128 + the signal's number when a signal ended it.</summary>
    int? ExitCode { get; }

    /// <summary>The lines in which it said where it listens.</summary>
    IReadOnlyList<string> Announcements { get; }

    /// <summary>The last problem that it reported in a line of its own (<c>rag: …</c>); null when none.</summary>
    string? Problem { get; }

    /// <summary>Resident bytes; null when it has ended.</summary>
    long? MemoryBytes { get; }

    /// <summary>Asks it to stop.</summary>
    void Terminate();

    /// <summary>Ends it at once.</summary>
    void Kill();
}
