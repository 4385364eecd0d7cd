using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Rag.Documents;
using Rag.Embedding;
using Rag.Generation;
using Rag.Hosting;
using Rag.Keywords;
using Rag.Seams;
using Rag.Vectors;
using Rag.Vectors.Moves;

namespace Rag.Gateway;

/// <summary><c>/health/*</c> and <c>/status</c>: for machines that watch, without key or limit; counts only, nothing of any tenant.</summary>
internal sealed class StatusEndpoints(
    IEnumerable<HostedService> services, IEnumerable<IReadiness> readiness, IHostApplicationLifetime lifetime, IDocuments documents, IVectors vectors,
    IKeywords keywords, IEmbedding embedding, IGeneration generation, Dependencies dependencies, TimeProvider time, IVectorMoves? moves = null)
{
    private static readonly string Version =
        typeof(StatusEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private readonly long _started = time.GetTimestamp();
    private readonly HostedService[] _services = [.. services];
    private readonly IReadiness[] _readiness = [.. readiness];

    public Task LiveAsync(HttpContext context) => Reply.JsonAsync(context, 200, new Health("live"), GatewayJson.Wire.Health);

    // The services of this process alone: were a gateway taken out of use because another service is down, nobody could be given what still works.
    public Task ReadyAsync(HttpContext context)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
            return Reply.JsonAsync(context, 503, new Health("stopping"), GatewayJson.Wire.Health);
        var waiting = Services().Where(service => !service.Ready).ToList();
        return waiting.Count == 0 && lifetime.ApplicationStarted.IsCancellationRequested
            ? Reply.JsonAsync(context, 200, new Health("ready"), GatewayJson.Wire.Health)
            : Reply.JsonAsync(context, 503, new Health("starting", waiting), GatewayJson.Wire.Health);
    }

    /// <summary>All parts are asked at once and none is waited for long: whoever watches needs an answer most while parts are down.</summary>
    public async Task StatusAsync(HttpContext context)
    {
        var unavailable = new List<string>();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var stored = AskAsync("documents", documents.DescribeAsync, unavailable, enough.Token);
        var near = AskAsync("vectors", vectors.DescribeAsync, unavailable, enough.Token);
        var words = AskAsync("keywords", keywords.DescribeAsync, unavailable, enough.Token);
        var model = AskAsync("embedding", embedding.DescribeAsync, unavailable, enough.Token);
        var models = AskAsync("generation", generation.ListModelsAsync, unavailable, enough.Token);
        var indexed = moves is null ? Task.FromResult<VectorModels?>(null) : AskAsync("vectors", moves.ModelsAsync, unavailable, enough.Token);
        await Task.WhenAll(stored, near, words, model, models, indexed).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false); // whoever is still asked need not answer any more

        var index = await indexed.ConfigureAwait(false);
        var (documentsState, vectorsState, keywordsState, embeddingModel) = (await stored.ConfigureAwait(false), await near.ConfigureAwait(false), await words.ConfigureAwait(false), await model.ConfigureAwait(false));
        var status = new SystemStatus(
            Version, Math.Round(time.GetElapsedTime(_started).TotalSeconds, 3), Services(),
            new ModelsStatus(
                await models.ConfigureAwait(false),
                Of(index?.Active ?? embeddingModel),
                index switch
                {
                    { Next: { } next } => new ModelChangeStatus("filling", Of(index.Active)!, Of(next)!, index.Documents, index.Behind),
                    { Retired: { } retired } => new ModelChangeStatus("switched", Of(retired)!, Of(index.Active)!, index.Documents, index.Behind),
                    _ => null,
                }),
            documentsState is null ? null : new QueueStatus(documentsState.QueueDepth, Math.Round(documentsState.OldestQueuedAge.TotalSeconds, 3), documentsState.Quarantined),
            new IndexStatus(
                documentsState?.Documents, vectorsState?.Chunks ?? keywordsState?.Chunks, vectorsState?.Bytes, vectorsState?.Deleted, keywordsState?.Terms, keywordsState?.Bytes),
            [.. unavailable.Order(StringComparer.Ordinal)],
            [.. dependencies.States.Select(d => new DependencyStatus(d.Service, Name(d.Breaker), d.InUse, d.Waiting, d.PeersOut))]);
        await Reply.JsonAsync(context, 200, status, GatewayJson.Wire.SystemStatus).ConfigureAwait(false);
    }

    private static EmbeddingModelStatus? Of(EmbeddingModel? model) => model is null ? null : new EmbeddingModelStatus(model.Id, model.Version, model.Dimensions);

    private static string Name(BreakerState state) => state switch
    {
        BreakerState.Closed => "closed",
        BreakerState.HalfOpen => "half_open",
        _ => "open",
    };

    private async Task<T?> AskAsync<T>(string service, Func<CancellationToken, ValueTask<T>> ask, List<string> unavailable, CancellationToken cancellationToken) where T : class
    {
        try
        {
            return await ask(cancellationToken).AsTask().WaitAsync(Patience, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            lock (unavailable)
                if (!unavailable.Contains(service))
                    unavailable.Add(service);
            return null;
        }
    }

    private List<ServiceStatus> Services() =>
    [
        .. _services.Select(service => (service.Name, Reason: service.WaitsFor(_readiness))).Select(s => new ServiceStatus(s.Name, s.Reason is null, s.Reason)),
    ];
}
