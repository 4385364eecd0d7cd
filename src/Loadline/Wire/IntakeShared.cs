using System.Collections.Concurrent;
using Loadline.Targets;

namespace Loadline.Wire;

/// <summary>What the intakes of one wire share.</summary>
internal sealed class IntakeShared(TargetProfile profile, WireOptions options, RunClock clock)
{
    private readonly ConcurrentDictionary<OperationProfile, SlowThreshold> _slow = new(ReferenceEqualityComparer.Instance);
    private readonly string _root = options.BaseAddress.GetLeftPart(UriPartial.Path).TrimEnd('/');

    internal TargetProfile Profile => profile;

    internal WireOptions Options => options;

    internal RunClock Clock => clock;

    /// <summary>What counts as slow for an operation.</summary>
    internal SlowThreshold Slow(OperationProfile operation) => _slow.GetOrAdd(operation, static _ => new SlowThreshold());

    /// <summary>The whole address of a request, escaped where it has to be.</summary>
    internal Uri AddressOf(RequestProfile template, TemplateValues values) => new(_root + template.Path.Fill(values));

    /// <summary>Path and query as they go over the wire: the base address's own path first.</summary>
    internal string PathOf(RequestProfile template, TemplateValues values) => AddressOf(template, values).PathAndQuery;
}
