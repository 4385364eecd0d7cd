using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Rag.Engines.Faiss;

/// <summary>
/// The index files: <c>TENANT.faiss</c>, and beside it <c>TENANT.sha256</c>, without which a damaged file could make FAISS ask for any amount of memory. A file without
/// one is somebody's own, written by Python perhaps: it is read, and its structure checked.
/// </summary>
internal sealed class FaissFiles(string folder)
{
    public string PathOf(string tenant) => Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(tenant.AsSpan())).AsSpan(0, 16)) + ".faiss");

    /// <summary>Whether there is a file that may be read.</summary>
    /// <exception cref="FaissException">It is damaged.</exception>
    public bool Exists(string tenant)
    {
        var path = PathOf(tenant);
        if (!File.Exists(path))
            return false;
        var sum = Path.ChangeExtension(path, ".sha256");
        if (File.Exists(sum) && !File.ReadAllText(sum).Trim().Equals(SumOf(path), StringComparison.Ordinal))
            throw new FaissException($"{path} is damaged: it is not what {Path.GetFileName(sum)} says");
        return true;
    }

    /// <summary>Replaces a file. A crash leaves the old one, the new one, or one that its sum gives away.</summary>
    public void Replace(string tenant, Action<string> write)
    {
        var path = PathOf(tenant);
        var draft = path + ".draft";
        write(draft);
        using (var file = new FileStream(draft, FileMode.Open, FileAccess.ReadWrite))
            file.Flush(flushToDisk: true);
        File.WriteAllText(Path.ChangeExtension(path, ".sha256"), SumOf(draft));
        File.Move(draft, path, overwrite: true);
    }

    private static string SumOf(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
