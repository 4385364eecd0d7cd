using Rag.Host;
using Rag.Host.Serving;
using Xunit;

namespace Rag.Tests.Serving;

/// <summary><c>rag.yaml</c>: sections of keys, and an error that says where it isn't.</summary>
public sealed class SettingsFileTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    [Fact]
    public void Sections_become_paths_and_lists_become_lists()
    {
        var settings = Read("""
            data: /srv/rag   # a comment
            services: [query, search]
            urls: ["http://127.0.0.1:1", "http://127.0.0.1:2"]
            documents: { engine: postgres, max_lag_seconds: 60 }
            seams:
              vectors: { queue_ms: 5 }
            generation:
              model:
            """);

        Assert.Equal(
            new Dictionary<string, string?>
            {
                ["data"] = "/srv/rag",
                ["services"] = "query,search",
                ["urls"] = "http://127.0.0.1:1;http://127.0.0.1:2",
                ["documents:engine"] = "postgres",
                ["documents:max_lag_seconds"] = "60",
                ["seams:vectors:queue_ms"] = "5",
            },
            settings);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing yet\n")]
    [InlineData("---\n...\n")]
    public void An_empty_file_says_nothing(string text) => Assert.Empty(Read(text));

    [Theory]
    [InlineData("documents: {", ":2:1:")]
    [InlineData("just words", ":1:1: expected sections of keys, such as 'documents: { engine: postgres }'")]
    [InlineData("a: 1\na: 2", ":2:")]
    [InlineData("urls:\n  - { x: 1 }", ":2:5: urls is no list of plain values")]
    [InlineData("a: 1\n---\nb: 2", ":3:1: a second document; expected one")]
    public void What_is_no_configuration_is_refused_with_its_place(string text, string expected)
    {
        var error = Assert.Throws<CommandException>(() => Read(text));

        Assert.Equal(ExitCode.InvalidArguments, error.ExitCode);
        Assert.StartsWith(_file + expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_was_named_must_be_there()
    {
        var error = Assert.Throws<CommandException>(() => SettingsFile.Read(_file + ".no"));

        Assert.Contains("can't be read", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => File.Delete(_file);

    private IReadOnlyDictionary<string, string?> Read(string text)
    {
        File.WriteAllText(_file, text);
        return SettingsFile.Read(_file);
    }
}
