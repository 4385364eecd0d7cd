using System.Text;

namespace Loadline.Live;

/// <summary>A file that grows line by line. A last line without its end is left for the next time.</summary>
/// <param name="path">The file; it need not be there yet.</param>
internal sealed class TailedFile(string path)
{
    /// <summary>The most that is read at once.</summary>
    public const int MostBytes = 512 << 10;

    /// <summary>Of a file that is longer, this much of its end is read: some hours of a run.</summary>
    public const long MostOfFile = 24 << 20;

    private long _position;
    private bool _begun;

    /// <summary>Whether the file went on where the last reading ended.</summary>
    public bool HasMore { get; private set; }

    /// <summary>Whole lines that are new.</summary>
    /// <exception cref="IOException">It can't be read.</exception>
    public IReadOnlyList<string> Next()
    {
        HasMore = false;
        if (!File.Exists(path))
            return [];
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
        var isCut = !_begun && file.Length > MostOfFile;
        _begun = true;
        if (isCut)
            _position = file.Length - MostOfFile;
        var bytes = new byte[(int)Math.Clamp(file.Length - _position, 0, MostBytes)];
        file.Seek(_position, SeekOrigin.Begin);
        var read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        var end = bytes.AsSpan(0, read).LastIndexOf((byte)'\n');
        if (end < 0)
            return [];
        _position += end + 1;
        HasMore = _position < file.Length && read == MostBytes;
        var lines = Encoding.UTF8.GetString(bytes, 0, end).Split('\n').Where(line => line.Length > 0);
        return [.. isCut ? lines.Skip(1) : lines];
    }
}
