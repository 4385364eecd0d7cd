using System.Diagnostics;
using OpenTelemetry.Trace;

namespace Rag.Host.Telemetry;

/// <summary>
/// Decides on a span when it begins: sampled, by the caller's word or by chance, or only recorded, so that <see cref="TailProcessor"/> may keep it when its request turns
/// out slow or failed. Chance goes by the trace's id: all processes decide alike.
/// </summary>
internal sealed class TraceSampler(TraceOptions options) : Sampler
{
    private readonly TraceIdRatioBasedSampler _ratio = new(options.Ratio);
    private readonly SamplingResult _otherwise = new(options.KeepsUnsampled ? SamplingDecision.RecordOnly : SamplingDecision.Drop);

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        Samples(samplingParameters) ? new SamplingResult(SamplingDecision.RecordAndSample) : _otherwise;

    private bool Samples(in SamplingParameters span)
    {
        var parent = span.ParentContext;
        return options.Sampler switch
        {
            "always_on" => true,
            "always_off" => false,
            "traceidratio" => ByChance(span),
            _ when parent.TraceId != default => parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded),
            "parentbased_always_on" => true,
            "parentbased_always_off" => false,
            _ => ByChance(span),
        };
    }

    private bool ByChance(in SamplingParameters span) => _ratio.ShouldSample(span).Decision == SamplingDecision.RecordAndSample;
}
