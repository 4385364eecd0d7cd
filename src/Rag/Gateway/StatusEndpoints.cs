using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Rag.Embedding;
using Rag.Hosting;
using Rag.Seams;

namespace Rag.Gateway;

/// <summary><c>/health/*</c> and <c>/status</c>: for machines that watch, without key or limit; counts only, nothing of any tenant.</summary>
internal sealed class StatusEndpoints(
    IEnumerable<HostedService> services, IEnumerable<IReadiness> readiness, IHostApplicationLifetime lifetime, PartStates parts, Dependencies dependencies, TimeProvider time)
{
    private static readonly string Version =
        typeof(StatusEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

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

    public async Task StatusAsync(HttpContext context)
    {
        var seen = await parts.SeeAsync(context.RequestAborted).ConfigureAwait(false);
        var (stored, near, words) = (seen.Documents, seen.Vectors, seen.Keywords);
        var status = new SystemStatus(
            Version, Math.Round(time.GetElapsedTime(_started).TotalSeconds, 3), Services(),
            new ModelsStatus(
                seen.Models,
                Of(seen.Indexes?.Active ?? seen.Embedding),
                seen.Indexes switch
                {
                    { Next: { } next } index => new ModelChangeStatus("filling", Of(index.Active)!, Of(next)!, index.Documents, index.Behind),
                    { Retired: { } retired } index => new ModelChangeStatus("switched", Of(retired)!, Of(index.Active)!, index.Documents, index.Behind),
                    _ => null,
                }),
            stored is null ? null : new QueueStatus(stored.QueueDepth, Math.Round(stored.OldestQueuedAge.TotalSeconds, 3), stored.Quarantined),
            new IndexStatus(stored?.Documents, near?.Chunks ?? words?.Chunks, near?.Bytes, near?.Deleted, words?.Terms, words?.Bytes),
            seen.Unavailable,
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

    private List<ServiceStatus> Services() =>
    [
        .. _services.Select(service => (service.Name, Reason: service.WaitsFor(_readiness))).Select(s => new ServiceStatus(s.Name, s.Reason is null, s.Reason)),
    ];
}
