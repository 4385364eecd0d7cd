using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Rag.Documents;
using Rag.Embedding;
using Rag.Generation;
using Rag.Hosting;
using Rag.Keywords;
using Rag.Vectors;

namespace Rag.Gateway;

/// <summary><c>/health/*</c> and <c>/status</c>: for machines that watch, without key or limit; counts only, nothing of any tenant.</summary>
internal sealed class StatusEndpoints(
    IEnumerable<HostedService> services, IEnumerable<IReadiness> readiness, IHostApplicationLifetime lifetime, IDocuments documents, IVectors vectors,
    IKeywords keywords, IEmbedding embedding, IGeneration generation, TimeProvider time)
{
    private static readonly string Version =
        typeof(StatusEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    private readonly long _started = time.GetTimestamp();
    private readonly HostedService[] _services = [.. services];
    private readonly IReadiness[] _readiness = [.. readiness];

    public Task LiveAsync(HttpContext context) => Reply.JsonAsync(context, 200, new Health("live"), GatewayJson.Wire.Health);

    public Task ReadyAsync(HttpContext context)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
            return Reply.JsonAsync(context, 503, new Health("stopping"), GatewayJson.Wire.Health);
        var waiting = Services().Where(service => !service.Ready).ToList();
        return waiting.Count == 0 && lifetime.ApplicationStarted.IsCancellationRequested
            ? Reply.JsonAsync(context, 200, new Health("ready"), GatewayJson.Wire.Health)
            : Reply.JsonAsync(context, 503, new Health("starting", waiting), GatewayJson.Wire.Health);
    }

    public async Task StatusAsync(HttpContext context)
    {
        var stop = context.RequestAborted;
        var stored = await documents.DescribeAsync(stop).ConfigureAwait(false);
        var near = await vectors.DescribeAsync(stop).ConfigureAwait(false);
        var words = await keywords.DescribeAsync(stop).ConfigureAwait(false);
        var model = await embedding.DescribeAsync(stop).ConfigureAwait(false);
        var status = new SystemStatus(
            Version, Math.Round(time.GetElapsedTime(_started).TotalSeconds, 3), Services(),
            new ModelsStatus(await generation.ListModelsAsync(stop).ConfigureAwait(false), new EmbeddingModelStatus(model.Id, model.Version, model.Dimensions)),
            new QueueStatus(stored.QueueDepth, Math.Round(stored.OldestQueuedAge.TotalSeconds, 3), stored.Quarantined),
            new IndexStatus(stored.Documents, near.Chunks, near.Bytes, near.Deleted, words.Terms, words.Bytes));
        await Reply.JsonAsync(context, 200, status, GatewayJson.Wire.SystemStatus).ConfigureAwait(false);
    }

    private List<ServiceStatus> Services() =>
    [
        .. _services.Select(service =>
        {
            var reasons = _readiness.Where(r => r.Service == service.Name).Select(r => r.Waiting).OfType<string>().ToList();
            return new ServiceStatus(service.Name, reasons.Count == 0, reasons.Count == 0 ? null : string.Join("; ", reasons));
        }),
    ];
}
