namespace Loadline.Tests.Recording;

internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("loadline-recording-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Readable while the recorder still writes.</summary>
    public string[] Lines(string name)
    {
        using var reader = new StreamReader(new FileStream(File(name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
