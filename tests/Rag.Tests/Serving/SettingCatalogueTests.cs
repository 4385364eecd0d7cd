using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rag.Embedding;
using Rag.Engines;
using Rag.Host.Serving;
using Rag.Tests.Engines;
using Xunit;

namespace Rag.Tests.Serving;

/// <summary>A configuration is checked as a whole, and its page says what the program reads.</summary>
public sealed class SettingCatalogueTests
{
    private static readonly string Page = Path.Combine(EngineServer.Repository(), "docs", "configuration.md");

    [Theory]
    [InlineData("openai", "32", null)]
    [InlineData("tei", "32", null)]
    [InlineData("built-in", "32", "embedding:dimensions: '32' is not permitted; expected a whole number from 64 to 4096")]
    public void Dimensions_are_judged_by_the_engine_that_reads_them(string engine, string dimensions, string? problem)
    {
        foreach (var place in (string[])["embedding", "embedding:next"])
        {
            var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
            {
                [$"{place}:engine"] = engine,
                [$"{place}:url"] = engine == "built-in" ? null : "http://127.0.0.1:1",
                [$"{place}:model"] = engine == "openai" ? "m" : null,
                [$"{place}:dimensions"] = dimensions,
            }).Build();
            Assert.Empty(SettingCatalogue.Problems(configuration, []));
            var services = new ServiceCollection();
            var told = Record.Exception(() =>
            {
                EngineCatalogue.Register(services, new EngineContext(configuration, ".", name => name == "embedding", TimeProvider.System));
                new EmbeddingModule().Register(services, configuration);
            });
            Assert.Equal(problem?.Replace("embedding:", place + ":", StringComparison.Ordinal), told?.Message);
        }
    }

    [Fact]
    public void Defaults_are_permitted_by_their_own_rules() => Assert.Empty(
        SettingCatalogue.Sections.SelectMany(section => section.Settings).Where(setting => setting.Fallback is { Length: > 0 } text && !setting.Permits(text)).Select(setting => setting.Path));

    [Fact]
    public void Paths_are_snake_case_in_sections() => Assert.All(
        SettingCatalogue.Sections.SelectMany(section => section.Settings), setting => Assert.Matches("^[a-z0-9_]+(:[a-z0-9_]+)*$", setting.Path));

    [Fact]
    public void All_mistakes_are_told_at_once_each_with_its_remedy()
    {
        var problems = Problems(("documents:max_lag_seconds", "soon"), ("vectors:search_bredth", "64"), ("search:vectorWeight", "1"), ("query:cache_seconds", "60"), ("zebra", "1"));

        Assert.Equal(
            [
                "documents:max_lag_seconds: 'soon' is not permitted; expected a whole number from 1 to 1000000",
                "search:vectorWeight: there is no such setting; did you mean search:vector_weight?",
                "vectors:search_bredth: there is no such setting; did you mean vectors:search_breadth?",
                "zebra: there is no such setting; docs/configuration.md lists what is",
            ],
            problems.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_secret_that_is_not_permitted_is_not_shown() =>
        Assert.Equal(["admin_key: the value is not permitted; expected at least 16 characters"], Problems(("admin_key", "hunter2")));

    [Fact]
    public void What_belongs_to_a_section_is_left_to_those_who_read_it() =>
        Assert.Empty(Problems(("logging:LogLevel:Default", "Warning"), ("seams:vectors:queue_ms", "5"), ("peers:vectors", "http://v:1")));

    [Fact]
    public void A_name_in_the_environment_that_nothing_reads_is_a_note_and_no_mistake()
    {
        Environment.SetEnvironmentVariable("RAGTEST_OTHER_PROGRAM", "1");
        var notes = new List<string>();
        try
        {
            Assert.Empty(SettingCatalogue.Problems(new ConfigurationBuilder().AddEnvironmentVariables("RAGTEST_").Build(), notes));
        }
        finally
        {
            Environment.SetEnvironmentVariable("RAGTEST_OTHER_PROGRAM", null);
        }

        Assert.Equal("RAG_OTHER_PROGRAM in the environment is read by nothing; docs/configuration.md lists what is", Assert.Single(notes));
    }

    /// <summary>To write it anew: <c>LOADLINE_UPDATE=1 dotnet test</c>.</summary>
    [Fact]
    public void The_page_says_what_the_program_reads()
    {
        var page = SettingsPage.Markdown();
        if (Environment.GetEnvironmentVariable("LOADLINE_UPDATE") is not null)
            File.WriteAllText(Page, page);
        Assert.Equal(page, File.ReadAllText(Page));
    }

    private static IReadOnlyList<string> Problems(params (string Path, string Value)[] settings)
    {
        var notes = new List<string>();
        var problems = SettingCatalogue.Problems(new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(s => s.Path, s => (string?)s.Value)).Build(), notes);
        Assert.Empty(notes);
        return problems;
    }
}
