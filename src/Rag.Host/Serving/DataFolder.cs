namespace Rag.Host.Serving;

/// <summary>
/// The data folder. Processes of different services share it; a service that owns its files is held by one process at a time: two that write the same index
/// files would ruin them.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    private readonly IReadOnlyList<FileStream> _locks;

    private DataFolder(string path, IReadOnlyList<FileStream> held)
    {
        Path = path;
        _locks = held;
    }

    /// <summary>Its full path.</summary>
    public string Path { get; }

    /// <summary>Makes sure that the folder exists and can be written.</summary>
    public static string Prepare(string folder)
    {
        try
        {
            var path = Directory.CreateDirectory(folder).FullName;
            var probe = System.IO.Path.Combine(path, $".probe-{Environment.ProcessId}");
            File.WriteAllBytes(probe, []);
            File.Delete(probe);
            return path;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new CommandException(ExitCode.DataFolderUnusable, $"the data folder '{folder}' can't be written: {error.Message}; name another with --data", error);
        }
    }

    /// <summary>Prepares the folder and takes services in it. The operating system gives them back when the process ends, however it ends.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="services">Names of the services that only one process may run on it.</param>
    /// <param name="holder">Who else may hold it, in words; null for a process that hosts those services.</param>
    public static DataFolder Take(string folder, IEnumerable<string> services, string? holder = null)
    {
        var path = Prepare(folder);
        var held = new List<FileStream>();
        var taken = new List<string>();
        IOException? first = null;
        foreach (var service in services)
            try
            {
                held.Add(new FileStream(System.IO.Path.Combine(path, $"rag-{service}.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException error)
            {
                taken.Add(service);
                first ??= error;
            }

        if (first is null)
            return new DataFolder(path, held);
        held.ForEach(file => file.Dispose());
        throw new CommandException(
            ExitCode.DataFolderInUse,
            $"the data folder '{path}' is in use by another {holder ?? $"'rag serve' for {string.Join(", ", taken)}"}; stop that one or name another with --data", first);
    }

    public void Dispose()
    {
        foreach (var file in _locks)
            file.Dispose();
    }
}
