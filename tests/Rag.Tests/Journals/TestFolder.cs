using Xunit;

namespace Rag.Tests.Journals;

/// <summary>A temporary folder that goes with the test.</summary>
public sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("rag-tests-").FullName;

    public string File(string pattern) => Assert.Single(Directory.GetFiles(Path, pattern));

    /// <summary>A copy as a crash at this moment would leave it.</summary>
    public TestFolder Copy()
    {
        var copy = new TestFolder();
        try
        {
            foreach (var file in Directory.GetFiles(Path).Where(file => System.IO.Path.GetFileName(file) != "lock"))
                System.IO.File.Copy(file, System.IO.Path.Combine(copy.Path, System.IO.Path.GetFileName(file)));
        }
        catch
        {
            copy.Dispose();
            throw;
        }

        return copy;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
