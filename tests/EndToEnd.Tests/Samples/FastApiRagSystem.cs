using Rag.Tests.Engines;

namespace EndToEnd.Tests.Samples;

/// <summary>The sample RAG service with its vector store and its LLM, each a process of its own.</summary>
internal sealed class FastApiRagSystem : IAsyncDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private EngineServer? _chroma, _service;

    private FastApiRagSystem()
    {
    }

    /// <summary>Its vector store.</summary>
    public EngineServer Chroma => _chroma!;

    /// <summary>Its LLM.</summary>
    public LoadlineProcess Llm { get; } = new("llm", "--port", "0", "--set", "llm.first-token=50ms..100ms");

    /// <summary>Where it listens.</summary>
    public string Url => $"http://{_service!.Address}";

    /// <summary>Why it can't be run here; null when it can.</summary>
    public static string? Missing() => EngineServer.Missing("fastapi-rag") ?? EngineServer.Missing("chroma");

    /// <summary>Starts all three, and waits until they listen.</summary>
    public static async Task<FastApiRagSystem> StartAsync()
    {
        var system = new FastApiRagSystem();
        try
        {
            system._chroma = await EngineServer.StartAsync("chroma");
            await system.Llm.SaysAsync("listening on ", Soon);
            system._service = await EngineServer.StartAsync("fastapi-rag", new Dictionary<string, string>
            {
                ["CHROMA_URL"] = $"http://{system.Chroma.Address}",
                ["LLM_URL"] = system.Llm.Output.Split("listening on ")[1].Split('\n')[0].Trim() + "/v1",
            });
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_service is not null)
            await _service.DisposeAsync();
        Llm.Dispose();
        if (_chroma is not null)
            await _chroma.DisposeAsync();
    }
}
