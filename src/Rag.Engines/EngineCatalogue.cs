using Microsoft.Extensions.DependencyInjection;
using Rag.Engines.Chroma;
using Rag.Engines.ExtensionsAi;
using Rag.Engines.ExtensionsVectorData;
using Rag.Engines.Faiss;
using Rag.Engines.Kafka;
using Rag.Engines.Onnx;
using Rag.Engines.OpenAi;
using Rag.Engines.Postgres.Documents;
using Rag.Engines.Postgres.Identity;
using Rag.Engines.Postgres.Keywords;
using Rag.Engines.Postgres.Vectors;
using Rag.Engines.Redis;
using Rag.Engines.Sqlite;
using Rag.Engines.Sqlite.Identity;
using Rag.Engines.Tei;
using Rag.Hosting;

namespace Rag.Engines;

/// <summary>The list of engines; the only one. The first of a seam is its default.</summary>
public static class EngineCatalogue
{
    /// <summary>Every engine.</summary>
    public static IReadOnlyList<Engine> All { get; } =
    [
        new SqliteDocumentsEngine(),
        new PostgresDocumentsEngine(),
        new SqliteIdentityEngine(),
        new PostgresIdentityEngine(),
        new BuiltIn("queue", "outbox", "the documents' own outbox: no second system", "documents"),
        new KafkaQueueEngine(),
        new RedisQueueEngine(),
        new BuiltIn("vectors", "built-in", "our HNSW index, in memory, durable in the data folder"),
        new ChromaEngine(),
        new PostgresVectorsEngine(),
        new FaissEngine(),
        new VectorDataEngine(),
        new BuiltIn("keywords", "built-in", "our BM25 index, durable in the data folder"),
        new PostgresKeywordsEngine(),
        new BuiltIn("caching", "built-in", "the memory of the caching service's process"),
        new RedisCachingEngine(),
        new BuiltIn("embedding", "built-in", "hashed words and letter n-grams; no model file"),
        new OnnxEmbeddingEngine(),
        new TeiEmbeddingEngine(),
        new OpenAiEmbeddingEngine(),
        new ExtensionsAiEmbeddingEngine(),
        new BuiltIn("reranking", "built-in", "a closer look at words and their places; no model file"),
        new OnnxRerankingEngine(),
        new TeiRerankingEngine(),
        new BuiltIn("generation", "built-in", "the extractive answerer; no model"),
        new OpenAiGenerationEngine(),
        new ExtensionsAiGenerationEngine(),
    ];

    /// <summary>The seams, in the order of the list.</summary>
    public static IReadOnlyList<string> Seams { get; } = [.. All.Select(engine => engine.Seam).Distinct()];

    /// <summary>The settings that choose: <c>SEAM:engine</c>.</summary>
    public static IReadOnlyList<Setting<string>> Choices { get; } =
        [.. Seams.Select(seam => Setting.Choice($"{seam}:engine", Of(seam)[0].Name, [.. Of(seam).Select(engine => engine.Name)], $"What stands behind {seam}"))];

    /// <summary>The settings of a second embedding model, the one that the index is to move to: <c>embedding:next:*</c>.</summary>
    public static IReadOnlyList<Setting> NextEmbedding => NextEmbeddingEngine.Settings;

    /// <summary>The engine of that model and the context in which it reads its settings; null when none is configured.</summary>
    /// <exception cref="InvalidOperationException">There is no engine of that name.</exception>
    public static (Engine Engine, EngineContext Context)? ChosenNext(EngineContext context) =>
        NextEmbeddingEngine.IsConfigured(context) ? NextEmbeddingEngine.Inner(context) : null;

    /// <summary>The engines of a seam, its default first.</summary>
    public static IReadOnlyList<Engine> Of(string seam) => [.. All.Where(engine => engine.Seam == seam)];

    /// <summary>The engine that a seam has: the one that <c>SEAM:engine</c> names, else one that the configuration implies, else the default.</summary>
    /// <exception cref="InvalidOperationException">Names that are none, all problems at once.</exception>
    public static IReadOnlyList<Engine> Chosen(EngineContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var reader = new SettingsReader(context.Configuration);
        var chosen = Choices.Select(choice =>
        {
            var engines = Of(choice.Path.Split(':')[0]);
            var name = reader.Read(choice);
            return context.Configuration[choice.Path] is not { Length: > 0 } && engines.FirstOrDefault(engine => engine.IsImpliedBy(context)) is { } implied
                ? implied
                : engines.First(engine => engine.Name == name);
        }).ToList();
        reader.ThrowIfWrong();
        return chosen;
    }

    /// <summary>Registers the chosen engines of the services that this process hosts.</summary>
    /// <exception cref="InvalidOperationException">Values that are not permitted, of all engines at once.</exception>
    public static void Register(IServiceCollection services, EngineContext context)
    {
        var problems = new List<string>();
        foreach (var engine in Chosen(context).Where(engine => engine.Services.Any(context.Hosts)))
            try
            {
                engine.Register(services, context);
            }
            catch (InvalidOperationException error)
            {
                problems.Add(error.Message);
            }

        try
        {
            if (context.Hosts("embedding") && NextEmbeddingEngine.IsConfigured(context))
                NextEmbeddingEngine.Register(services, context);
        }
        catch (InvalidOperationException error)
        {
            problems.Add(error.Message);
        }

        if (problems.Count > 0)
            throw new InvalidOperationException(string.Join(Environment.NewLine, problems.Distinct()));
    }

    /// <summary>The chosen engine of one seam by itself, for commands that run beside the server and for tests.</summary>
    /// <returns>What it registered, and a clock; dispose it.</returns>
    public static ServiceProvider Open(string seam, EngineContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var services = new ServiceCollection().AddSingleton(context.Time).AddLogging();
        Chosen(context).First(engine => engine.Seam == seam).Register(services, context);
        return services.BuildServiceProvider();
    }

    /// <summary>Whether several processes of a service may run at a time: it keeps nothing of its own, or its engine keeps it outside of them.</summary>
    public static bool IsReplicable(ServiceModule module, EngineContext context)
    {
        ArgumentNullException.ThrowIfNull(module);
        return module.Replicable || Chosen(context).Any(engine => engine.Seam == module.Name && engine.Shared);
    }

    /// <summary>What a service's own folder in <c>src/Rag</c> brings along.</summary>
    private sealed class BuiltIn(string seam, string name, string description, string? service = null) : Engine
    {
        public override string Seam => seam;

        public override string Name => name;

        public override string Description => description;

        public override IReadOnlyList<string> Services => [service ?? seam];
    }
}
