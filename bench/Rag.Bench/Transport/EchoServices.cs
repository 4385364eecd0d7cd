using System.Runtime.CompilerServices;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rag.Embedding;
using Rag.Generation;
using Rag.Hosting;
using Rag.Identity;
using Rag.Seams;
using Rag.Vectors;

namespace Rag.Bench.Transport;

/// <summary>Services that do nothing: what a call of them costs is the way to them and back.</summary>
internal sealed class EchoServices : ServiceModule, IIdentity, IVectors, IGeneration
{
    private const int Hits = 50;

    private static readonly Caller Known = new("somebody", "somewhere", 100);
    private static readonly IReadOnlyList<VectorHit> Found = [.. Enumerable.Range(0, Hits).Select(i => new VectorHit($"document-{i}", 1, i, 1f / (i + 1)))];

    public override string Name => "echo";

    public override IReadOnlyList<string> DependsOn => [];

    public override IReadOnlyList<Contract> Contracts => [.. new IdentityModule().Contracts, .. new VectorsModule().Contracts, .. new GenerationModule().Contracts];

    public override void Register(IServiceCollection services, IConfiguration configuration) =>
        services.AddSingleton<IIdentity>(this).AddSingleton<IVectors>(this).AddSingleton<IGeneration>(this);

    public ValueTask<Caller?> AuthenticateAsync(string apiKey, CancellationToken cancellationToken) => new(Known);

    public ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorSearch request, CancellationToken cancellationToken) => new(Found);

    /// <summary>As many texts as the request's tokens: each by itself when the temperature is above zero, all at once otherwise.</summary>
    public async IAsyncEnumerable<GenerationEvent> GenerateAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var text = new GenerationText(" token");
        for (var i = 0; i < request.MaxTokens; i++)
        {
            if (request.Temperature > 0)
                await Task.Yield();
            yield return text;
        }
    }

    // Asked by a process that rehearses.
    public ValueTask<IReadOnlyList<string>> ListModelsAsync(CancellationToken cancellationToken) => new(["echo"]);

    public ValueTask<IReadOnlyList<IssuedKey>> IssueKeysAsync(IReadOnlyList<KeyRequest> requests, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask ReplaceAsync(IReadOnlyList<DocumentVectors> documents, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DeleteAsync(string tenant, string documentId, int version, CancellationToken cancellationToken) => throw new NotSupportedException();

    // Asked by a process that rehearses.
    public ValueTask<VectorsState> DescribeAsync(CancellationToken cancellationToken) => new(new VectorsState(null, 0, 0, 0));
}

/// <summary>What the bench asks them.</summary>
internal static class EchoCalls
{
    private static readonly VectorSearch Near = new("somewhere", new EmbeddingModel("model", "1", 384), new float[384], 50, null);

    /// <summary>The smallest call: a short text there, a small record back.</summary>
    public static async Task SmallAsync(IServiceProvider services) =>
        await services.GetRequiredService<IIdentity>().AuthenticateAsync("0123456789abcdef", CancellationToken.None);

    /// <summary>A usual call: a vector of 384 dimensions there, 50 hits back.</summary>
    public static async Task UsualAsync(IServiceProvider services) => await services.GetRequiredService<IVectors>().SearchAsync(Near, CancellationToken.None);

    /// <summary>A stream of texts.</summary>
    public static async Task StreamAsync(IServiceProvider services, int texts, bool each)
    {
        var request = new GenerationRequest { Messages = [], Question = "", Passages = [], MaxTokens = texts, Temperature = each ? 1 : 0 };
        await foreach (var _ in services.GetRequiredService<IGeneration>().GenerateAsync(request, CancellationToken.None))
        {
        }
    }
}
