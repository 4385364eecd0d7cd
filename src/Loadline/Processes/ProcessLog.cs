namespace Loadline.Processes;

/// <summary>
/// What a process says, in a file of the run folder: where the target's own errors are read afterwards. At most 64 MiB: a line tells where it stops. A file
/// that can't be written, such as on a full disk, ends the log and not the run. Safe for concurrent use.
/// </summary>
internal sealed class ProcessLog : IDisposable
{
    private const long MostCharacters = 64 << 20;

    private readonly Lock _lock = new();
    private StreamWriter? _file;
    private long _characters;

    /// <param name="path">The file; its folder is made.</param>
    /// <exception cref="IOException">It can't be made.</exception>
    public ProcessLog(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        _file = new StreamWriter(path) { AutoFlush = true }; // what was said last before a kill is what matters most
    }

    /// <summary>Adds a line.</summary>
    public void Write(string line)
    {
        lock (_lock)
            try
            {
                _characters += line.Length;
                _file?.WriteLine(_characters <= MostCharacters ? line : "(the log ends here: it is at its limit of 64 MiB)");
                if (_characters > MostCharacters)
                    End();
            }
            catch (IOException)
            {
                End();
            }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        lock (_lock)
            End();
    }

    private void End()
    {
        var file = _file;
        _file = null;
        try
        {
            file?.Dispose();
        }
        catch (IOException)
        {
            // It holds what could be written.
        }
    }
}
