using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Rag.Engines;
using Rag.Hosting;
using Rag.Keywords;
using Rag.Tests.Conformance.Vectors;
using Rag.Tests.Journals;
using Rag.Tests.Vectors;
using Rag.Vectors;
using Xunit;

namespace Rag.Tests.Engines;

/// <summary>The engines of vectors and keywords as the configuration chooses them: what a check finds, with a remedy where something is wrong, and what is opened.</summary>
public sealed class RetrievalEnginesTests(EngineServers servers) : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("vectors", "chroma", "Chroma 1.")]
    [InlineData("vectors", "pgvector", "pgvector 0.8")]
    [InlineData("vectors", "faiss", "FAISS 1.7.3 from")]
    [InlineData("keywords", "postgres", "PostgreSQL 15")]
    public async Task What_runs_is_found_by_name_and_version_once_it_is_migrated_and_opened(string seam, string engine, string expected)
    {
        var context = Context(seam, engine, await SettingsAsync(engine));
        var chosen = EngineCatalogue.Chosen(context).First(each => each.Seam == seam);
        Assert.Equal(engine, chosen.Name);
        await chosen.MigrateAsync(context, default);
        Assert.Empty(await chosen.MigrateAsync(context, default));
        var findings = await chosen.CheckAsync(context, default);
        Assert.All(findings, finding => Assert.True(finding.Works, $"{finding.What}: {finding.Remedy}"));
        Assert.Contains(findings, finding => finding.What.StartsWith(expected, StringComparison.Ordinal));
        await using var services = EngineCatalogue.Open(seam, context);
        Assert.Equal(0, seam == "vectors"
            ? (await services.GetRequiredService<IVectors>().DescribeAsync(default)).Chunks
            : (await services.GetRequiredService<IKeywords>().DescribeAsync(default)).Chunks);
    }

    [Theory]
    [InlineData("vectors", "chroma")]
    [InlineData("vectors", "pgvector")]
    [InlineData("vectors", "faiss")]
    [InlineData("keywords", "postgres")]
    public async Task Searches_writes_and_sizes_are_measured_whatever_the_engine(string seam, string engine)
    {
        var context = Context(seam, engine, await SettingsAsync(engine));
        await EngineCatalogue.Chosen(context).First(each => each.Seam == seam).MigrateAsync(context, default);
        var measured = new ConcurrentDictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Name == "Rag" && instrument.Name.StartsWith($"rag.{seam}.", StringComparison.Ordinal))
                    listening.EnableMeasurementEvents(instrument);
            },
        };
        // Tests beside this one are measured as well: what is asked for is that these are told, and sizes as great as what was put.
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => measured.AddOrUpdate(instrument.Name, value, (_, before) => Math.Max(before, value)));
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => measured.AddOrUpdate(instrument.Name, value, (_, before) => Math.Max(before, value)));
        listener.Start();

        var services = new ServiceCollection().AddSingleton(TimeProvider.System).AddLogging();
        EngineCatalogue.Chosen(context).First(each => each.Seam == seam).Register(services, context);
        ServiceModule module = seam == "vectors" ? new VectorsModule() : new KeywordsModule();
        module.Register(services, context.Configuration);
        await using var provider = services.BuildServiceProvider();
        if (seam == "vectors")
        {
            var vectors = provider.GetRequiredService<IVectors>();
            await vectors.ReplaceAsync([new DocumentVectors("t", "d", 1, Make.Model, [.. Enumerable.Range(0, 7).Select(i => Make.Vector(new Random(i), Make.Model.Dimensions))], Make.NoMetadata)], default);
            Assert.NotEmpty(await vectors.SearchAsync(new VectorSearch("t", Make.Model, Make.Vector(new Random(1), Make.Model.Dimensions), 3, null), default));
        }
        else
        {
            var keywords = provider.GetRequiredService<IKeywords>();
            await keywords.ReplaceAsync([new DocumentChunks("t", "d", 1, "title", [.. Enumerable.Range(0, 7).Select(i => $"harbour {i}")], Make.NoMetadata)], default);
            Assert.NotEmpty(await keywords.SearchAsync(new KeywordSearch("t", "harbour", 3, null), default));
        }

        var watches = provider.GetServices<IHostedService>().ToList();
        foreach (var watch in watches)
            await watch.StartAsync(default);
        var (write, size) = seam == "vectors" ? ("rag.vectors.replace.duration", "rag.vectors.memory") : ("rag.keywords.write.duration", "rag.keywords.size");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (measured.GetValueOrDefault($"rag.{seam}.chunks") < 7 || measured.GetValueOrDefault(size) <= 0)
        {
            await Task.Delay(20, patience.Token);
            listener.RecordObservableInstruments();
        }

        Assert.True(measured.GetValueOrDefault($"rag.{seam}.search.duration") > 0, "searches are measured");
        Assert.True(measured.GetValueOrDefault(write) > 0, "writes are measured");
        foreach (var watch in watches)
            await watch.StopAsync(default);
    }

    [Theory]
    [InlineData("vectors", "chroma", "chroma:url", "http://127.0.0.1:1", "can't be reached")]
    [InlineData("vectors", "chroma", "chroma:collection", "-", "chroma:collection: '-' is not permitted")]
    [InlineData("vectors", "faiss", "faiss:library", "/nowhere.so", "faiss:library: '/nowhere.so' can't be loaded")]
    [InlineData("vectors", "pgvector", "postgres:connection", "Host=127.0.0.1;Port=1;Username=x", "can't be reached")]
    [InlineData("keywords", "postgres", "postgres:connection", "Host=127.0.0.1;Port=1;Username=x", "can't be reached")]
    public async Task What_is_wrong_is_said_with_a_remedy(string seam, string engine, string setting, string value, string expected)
    {
        var context = Context(seam, engine, new() { [setting] = value });
        var findings = await EngineCatalogue.Chosen(context).First(each => each.Seam == seam).CheckAsync(context, default);
        var finding = Assert.Single(findings, finding => !finding.Works);
        Assert.Contains(expected, finding.What);
        Assert.False(string.IsNullOrEmpty(finding.Remedy));
    }

    private EngineContext Context(string seam, string engine, Dictionary<string, string?> settings)
    {
        settings[$"{seam}:engine"] = engine;
        return new EngineContext(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), _folder.Path, _ => true, TimeProvider.System);
    }

    private async Task<Dictionary<string, string?>> SettingsAsync(string engine)
    {
        var name = "e" + Guid.NewGuid().ToString("N");
        if (engine is "pgvector" or "postgres")
        {
            await using var source = PostgresVectorsTests.Source(await servers.GetAsync(engine), name);
            await PostgresVectorsTests.ReadyAsync(source);
        }

        return engine switch
        {
            "faiss" => new() { ["faiss:library"] = FaissLibraryPath.Get() },
            "chroma" => new() { ["chroma:url"] = $"http://{(await servers.GetAsync("chroma")).Address}", ["chroma:collection"] = name },
            _ => new()
            {
                ["postgres:connection"] = $"Host=127.0.0.1;Port={(await servers.GetAsync(engine)).Port};Database=postgres;Username=postgres",
                ["postgres:schema"] = name,
            },
        };
    }
}
