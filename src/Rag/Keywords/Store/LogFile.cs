using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Rag.Journals;

namespace Rag.Keywords.Store;

/// <summary>One file of the log.</summary>
internal sealed class LogFile : IDisposable
{
    private const string Prefix = "chunks-", Suffix = ".log";

    private LogFile(int number, string path, SafeFileHandle handle)
    {
        (Number, Path, Handle) = (number, path, handle);
        Length = RandomAccess.GetLength(handle);
    }

    public int Number { get; }

    public string Path { get; }

    public SafeFileHandle Handle { get; }

    /// <summary>Bytes written.</summary>
    public long Length { get; set; }

    /// <summary>Bytes of records that are still the newest of their document.</summary>
    public long LiveBytes { get; set; }

    /// <summary>Whether its live records have been moved and it only waits for the next snapshot.</summary>
    public bool IsRetired { get; set; }

    public static LogFile Create(string folder, int number)
    {
        var path = NameOf(folder, number);
        var file = new LogFile(number, path, File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read));
        RandomAccess.Write(file.Handle, JournalFrame.FileMagic, 0);
        file.Length = JournalFrame.FileMagic.Length;
        RandomAccess.FlushToDisk(file.Handle);
        FolderSync.Flush(folder);
        return file;
    }

    public static List<LogFile> OpenAll(string folder)
    {
        var files = new List<LogFile>();
        foreach (var path in Directory.GetFiles(folder, Prefix + "*" + Suffix))
        {
            var name = System.IO.Path.GetFileName(path);
            if (int.TryParse(name.AsSpan(Prefix.Length, name.Length - Prefix.Length - Suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                files.Add(new LogFile(number, path, File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read)));
        }

        files.Sort((a, b) => a.Number.CompareTo(b.Number));
        return files;
    }

    public void Dispose() => Handle.Dispose();

    private static string NameOf(string folder, int number) =>
        System.IO.Path.Combine(folder, Prefix + number.ToString("d8", CultureInfo.InvariantCulture) + Suffix);
}
