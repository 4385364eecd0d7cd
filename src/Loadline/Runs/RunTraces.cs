using Loadline.Plans;
using Loadline.Traces;

namespace Loadline.Runs;

/// <summary>
/// The traces of a run on a target that Loadline starts: takes its spans, and when the target has stopped and sent its last, writes those of the exchanges that the run keeps
/// into the run folder. Does nothing where the plan asks for no traces, or where the user has somebody else take them (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set).
/// </summary>
internal sealed class RunTraces : IAsyncDisposable
{
    private const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private readonly OtlpReceiver? _receiver;
    private readonly string _folder;
    private Func<IReadOnlySet<string>>? _wanted;

    private RunTraces(OtlpReceiver? receiver, string folder) => (_receiver, _folder) = (receiver, folder);

    /// <summary>What the target is told through its environment.</summary>
    public IReadOnlyDictionary<string, string?> Environment => _receiver is null ? new Dictionary<string, string?>() : new Dictionary<string, string?>
    {
        [EndpointVariable] = _receiver.Endpoint.ToString().TrimEnd('/'),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_TRACES_SAMPLER"] = "parentbased_always_off", // which, the requests say
        ["OTEL_BSP_SCHEDULE_DELAY"] = "1000",
    };

    /// <summary>Begins to take spans.</summary>
    public static async Task<RunTraces> StartAsync(RunRequest request, CancellationToken stop)
    {
        var wanted = request.Address is null && OwnTarget.Find(request.Plan.Target) is not null && request.Plan.Scenarios.Any(scenario => scenario.Load.Traced > 0)
            && string.IsNullOrEmpty(System.Environment.GetEnvironmentVariable(EndpointVariable));
        return new RunTraces(wanted ? await OtlpReceiver.StartAsync(stop).ConfigureAwait(false) : null, request.Folder);
    }

    /// <summary>Says who knows the traces of the exchanges that are kept.</summary>
    public void Wants(Func<IReadOnlySet<string>> wanted)
    {
        _wanted = wanted;
        _receiver?.Wants(wanted);
    }

    /// <summary>Writes what is wanted, and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_receiver is null)
            return;
        await _receiver.DisposeAsync().ConfigureAwait(false);
        if (_wanted is not null)
            KeptTraces.Write(_folder, _receiver.Of(_wanted()));
    }
}
