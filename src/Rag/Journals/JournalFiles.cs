using System.Globalization;

namespace Rag.Journals;

/// <summary>
/// The names in a journal's folder. Files are named by the number of the first record that they (or, for a snapshot, the log after it) begin with:
/// <code>
/// snapshot-0000000000001f40.bin   state after records 0…1f3f
/// log-0000000000001f40.log        records 1f40…
/// log-0000000000002710.log        records 2710…
/// </code>
/// </summary>
internal sealed class JournalFiles(string folder)
{
    private const string LogPrefix = "log-", LogSuffix = ".log", SnapshotPrefix = "snapshot-", SnapshotSuffix = ".bin", Temporary = ".tmp";

    public string Folder { get; } = Directory.CreateDirectory(folder).FullName;

    public string Lock => Path.Combine(Folder, "lock");

    public string Log(long first) => Path.Combine(Folder, LogPrefix + Number(first) + LogSuffix);

    public string Snapshot(long next) => Path.Combine(Folder, SnapshotPrefix + Number(next) + SnapshotSuffix);

    public static string Draft(string path) => path + Temporary;

    public List<long> Logs() => Numbers(LogPrefix, LogSuffix);

    public List<long> Snapshots() => Numbers(SnapshotPrefix, SnapshotSuffix);

    /// <summary>Deletes what a newer snapshot has made superfluous, and drafts that a crash left.</summary>
    public void DeleteBefore(long snapshot)
    {
        foreach (var draft in Directory.GetFiles(Folder, "*" + Temporary))
            File.Delete(draft);
        foreach (var old in Logs().Where(first => first < snapshot))
            File.Delete(Log(old));
        foreach (var old in Snapshots().Where(next => next < snapshot))
            File.Delete(Snapshot(old));
    }

    private static string Number(long number) => number.ToString("x16", CultureInfo.InvariantCulture);

    private List<long> Numbers(string prefix, string suffix)
    {
        var numbers = new List<long>();
        foreach (var path in Directory.GetFiles(Folder, prefix + "*" + suffix))
        {
            var name = Path.GetFileName(path);
            if (long.TryParse(name.AsSpan(prefix.Length, name.Length - prefix.Length - suffix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number))
                numbers.Add(number);
        }

        numbers.Sort();
        return numbers;
    }
}
