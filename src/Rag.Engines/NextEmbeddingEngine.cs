using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rag.Embedding;
using Rag.Hosting;

namespace Rag.Engines;

/// <summary>
/// The embedding model that the index is to move to: <c>embedding:next:*</c> has the settings of <c>embedding:*</c>, all of them and with the same defaults, and is read as if it
/// stood there.
/// </summary>
internal static class NextEmbeddingEngine
{
    private const string Root = "embedding:";
    private const string Next = Root + "next:";

    /// <summary>The settings of the built-in model and of every engine of embedding, at their second place.</summary>
    public static IReadOnlyList<Setting> Settings { get; } =
    [
        .. new[] { EngineCatalogue.Choices.First(choice => choice.Path == Root + "engine") }
            .Concat<Setting>(new EmbeddingModule().Settings).Concat(EngineCatalogue.Of("embedding").SelectMany(engine => engine.Settings))
            .Where(setting => setting.Path.StartsWith(Root, StringComparison.Ordinal))
            .Distinct().Select(setting => setting.At(Next + setting.Path[Root.Length..], Named(setting.Description))),
    ];

    /// <summary>Whether a next model is configured.</summary>
    public static bool IsConfigured(EngineContext context) => context.Configuration.GetSection("embedding:next").AsEnumerable().Any(pair => pair.Value is { Length: > 0 });

    /// <summary>Registers the model beside the current one.</summary>
    /// <exception cref="InvalidOperationException">Values that are not permitted; the message names all of them.</exception>
    public static void Register(IServiceCollection services, EngineContext context)
    {
        var (engine, inner) = Inner(context);
        if (engine.Name == "extensions-ai")
            throw new InvalidOperationException("embedding:next:engine: 'extensions-ai' is not possible, because a host brings one generator; move to a model of onnx, tei, openai or built-in");
        var own = new ServiceCollection();
        Named(() =>
        {
            engine.Register(own, inner);
            new EmbeddingModule().Register(own, inner.Configuration);
        });
        services.AddSingleton(provider =>
        {
            own.AddSingleton(provider.GetRequiredService<TimeProvider>()).AddSingleton(provider.GetRequiredService<ILoggerFactory>()).AddLogging();
            return new NextModel(own.BuildServiceProvider());
        });
        services.AddSingleton(provider => new NextEmbedding(provider.GetRequiredService<NextModel>().Model));
        services.AddHostedService(provider => provider.GetRequiredService<NextModel>());
    }

    /// <summary>The engine of the next model, and what it sees as its own configuration.</summary>
    /// <exception cref="InvalidOperationException">There is no engine of that name.</exception>
    public static (Engine Engine, EngineContext Context) Inner(EngineContext context)
    {
        var values = context.Configuration.AsEnumerable().Where(pair => !pair.Key.StartsWith(Root, StringComparison.OrdinalIgnoreCase) || pair.Key.StartsWith(Next, StringComparison.OrdinalIgnoreCase))
            .Select(pair => pair.Key.StartsWith(Next, StringComparison.OrdinalIgnoreCase) ? KeyValuePair.Create(Root + pair.Key[Next.Length..], pair.Value) : pair);
        var inner = context with { Configuration = new ConfigurationBuilder().AddInMemoryCollection(values).Build() };
        Engine? engine = null;
        Named(() => engine = EngineCatalogue.Chosen(inner).First(chosen => chosen.Seam == "embedding"));
        return (engine!, inner);
    }

    /// <summary>What is said of a path, said of the place where it is.</summary>
    public static string Named(string text) => text.Replace(Root, Next, StringComparison.Ordinal).Replace("RAG_EMBEDDING__", "RAG_EMBEDDING__NEXT__", StringComparison.Ordinal);

    private static void Named(Action read)
    {
        try
        {
            read();
        }
        catch (InvalidOperationException error)
        {
            throw new InvalidOperationException(Named(error.Message), error);
        }
    }

    /// <summary>The second model with its services of its own, so that nothing of it meets what the first has registered. Loaded when the host starts, as the first is.</summary>
    private sealed class NextModel(ServiceProvider services) : IHostedService, IAsyncDisposable
    {
        public IEmbedding Model { get; } = Open(services);

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public ValueTask DisposeAsync() => services.DisposeAsync();

        private static IEmbedding Open(ServiceProvider services)
        {
            IEmbedding? model = null;
            Named(() => model = services.GetRequiredService<IEmbedding>());
            return model!;
        }
    }
}
