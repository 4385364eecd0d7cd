using Rag.Host;
using Rag.Host.Serving;
using Rag.Tests.Journals;
using Xunit;

namespace Rag.Tests.Serving;

public sealed class DataFolderTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Processes_of_different_services_share_it()
    {
        using var one = DataFolder.Take(_folder.Path, ["documents"]);
        using var other = DataFolder.Take(_folder.Path, ["vectors", "keywords"]);
        using var stateless = DataFolder.Take(_folder.Path, []);
        Assert.Equal(one.Path, other.Path);
    }

    [Fact]
    public void A_service_that_another_process_runs_is_told_and_nothing_is_held()
    {
        using (DataFolder.Take(_folder.Path, ["vectors"]))
        {
            var error = Assert.Throws<CommandException>(() => DataFolder.Take(_folder.Path, ["documents", "vectors", "keywords"]));
            Assert.Equal(ExitCode.DataFolderInUse, error.ExitCode);
            Assert.Contains("is in use by another 'rag serve' for vectors; stop that one", error.Message);
            DataFolder.Take(_folder.Path, ["documents", "keywords"]).Dispose();
        }

        DataFolder.Take(_folder.Path, ["vectors"]).Dispose();
    }

    [Fact]
    public void What_owns_its_files_runs_once() => Assert.Equal(
        ["caching", "documents", "keywords", "vectors"], Modules.All.Where(module => !module.Replicable).Select(module => module.Name).Order(StringComparer.Ordinal));
}
