using System.Text.Json;

namespace Loadline.Recording;

/// <summary>Writes <c>inside.jsonl</c>: several probes may do so at once. Each line is handed to the operating system as it is written.</summary>
public sealed class InsideLog : IDisposable
{
    private readonly Lock _gate = new();
    private readonly FileStream _file;
    private bool _closed;

    /// <summary>Begins the file.</summary>
    /// <param name="folder">The run folder.</param>
    /// <exception cref="IOException">It can't be written.</exception>
    public InsideLog(string folder) =>
        _file = new FileStream(Path.Combine(Directory.CreateDirectory(folder).FullName, RecordingFiles.Inside), FileMode.Create, FileAccess.Write, FileShare.Read);

    /// <summary>Writes a line; nothing once the file is closed.</summary>
    /// <exception cref="IOException">The disk is full.</exception>
    public void Write(InsidePoint point)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(point, RecordingJson.Default.InsidePoint);
        lock (_gate)
        {
            if (_closed)
                return;
            _file.Write(line);
            _file.WriteByte((byte)'\n');
            _file.Flush();
        }
    }

    /// <summary>The lines of a run folder, in the order in which they were written; none in folders of runs without probes. A last line that was cut is left out.</summary>
    /// <param name="folder">The run folder.</param>
    /// <exception cref="IOException">It can't be read.</exception>
    public static IEnumerable<InsidePoint> Read(string folder)
    {
        var path = Path.Combine(folder, RecordingFiles.Inside);
        if (!File.Exists(path))
            yield break;
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (reader.ReadLine() is { } line)
            if (line.EndsWith('}'))
                yield return JsonSerializer.Deserialize(line, RecordingJson.Default.InsidePoint)!;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            _file.Dispose();
        }
    }
}
