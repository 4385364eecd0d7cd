namespace Rag.Host.Serving;

/// <summary>The data folder, held by one server at a time: two that write the same index files would ruin them.</summary>
internal sealed class DataFolder : IDisposable
{
    private readonly FileStream _lock;

    private DataFolder(string path, FileStream held)
    {
        Path = path;
        _lock = held;
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

    /// <summary>Prepares the folder and takes it. The operating system gives it back when the process ends, however it ends.</summary>
    public static DataFolder Take(string folder)
    {
        var path = Prepare(folder);
        try
        {
            return new DataFolder(path, new FileStream(System.IO.Path.Combine(path, "rag.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException error)
        {
            throw new CommandException(ExitCode.DataFolderInUse, $"the data folder '{path}' is in use by another 'rag serve'; stop that one or name another with --data", error);
        }
    }

    public void Dispose() => _lock.Dispose();
}
