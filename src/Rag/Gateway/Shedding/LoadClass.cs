using System.Diagnostics.Metrics;
using Rag.Errors;

namespace Rag.Gateway.Shedding;

/// <summary>One class of work at the door, with a limit of its own, so that slow answers never cost a search its place.</summary>
internal sealed class LoadClass
{
    private static readonly Meter Meter = new("Rag");

    private static readonly Counter<long> Rejected =
        Meter.CreateCounter<long>("rag.shedding.rejected", "{request}", "Requests refused at the door because their class of work was at its limit");

    private static readonly List<WeakReference<LoadClass>> All = [];

    private readonly AdaptiveLimit _limit;
    private readonly TimeProvider _time;
    private readonly bool _sheds;
    private readonly KeyValuePair<string, object?> _tag;

    static LoadClass()
    {
        Meter.CreateObservableGauge("rag.shedding.limit", () => Read(c => (int)c._limit.Limit), "{request}", "How many requests of a class may be under way");
        Meter.CreateObservableGauge("rag.shedding.in_flight", () => Read(c => c._limit.InFlight), "{request}", "How many requests of a class are under way");
    }

    /// <param name="name">Its name in metrics: <c>answers</c> or <c>rest</c>.</param>
    /// <param name="options">The least, the first and the most limit, and whether it is held.</param>
    /// <param name="time">The clock.</param>
    public LoadClass(string name, GatewayOptions options, TimeProvider time)
    {
        (Name, _time, _sheds, _tag) = (name, time, options.Shedding, new("class", name));
        _limit = new AdaptiveLimit(time, options.SheddingLeast, options.SheddingFirst, options.SheddingMost);
        lock (All)
            All.Add(new WeakReference<LoadClass>(this));
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The limit itself.</summary>
    public AdaptiveLimit Limit => _limit;

    /// <summary>A kind of work of this class; see <see cref="AdaptiveLimit.Kind"/>.</summary>
    public Baseline Kind(TimeSpan unnoticed) => _limit.Kind(unnoticed);

    /// <summary>Takes a place, at once or not at all.</summary>
    /// <param name="kind">What kind of work.</param>
    /// <param name="share">How much of the limit it may fill.</param>
    /// <exception cref="RagException">Overloaded: there is none.</exception>
    public LoadPlace Enter(Baseline kind, double share)
    {
        if (!_sheds)
            return new LoadPlace(null, kind, _time);
        if (_limit.TryEnter(share))
            return new LoadPlace(_limit, kind, _time);
        Rejected.Add(1, _tag);
        throw new RagException(RagError.Overloaded, $"{_limit.InFlight} requests of the class '{Name}' are under way, more than can be served in time; try again later", TimeSpan.FromSeconds(1));
    }

    private static List<Measurement<int>> Read(Func<LoadClass, int> value)
    {
        lock (All)
        {
            All.RemoveAll(c => !c.TryGetTarget(out _));
            return All.ConvertAll(c => c.TryGetTarget(out var live) ? new Measurement<int>(value(live), live._tag) : default);
        }
    }
}

/// <summary>A request's place.</summary>
/// <param name="limit">Where it was taken; null when none is held.</param>
/// <param name="kind">What kind of work.</param>
/// <param name="time">The clock.</param>
internal sealed class LoadPlace(AdaptiveLimit? limit, Baseline kind, TimeProvider time)
{
    private readonly long _entered = time.GetTimestamp();
    private long _began = time.GetTimestamp();
    private TimeSpan? _firstWord;
    private bool _tellsNothing;
    private bool _dropped;

    /// <summary>The work begins only now: what came before, such as a body sent slowly, is the client's time.</summary>
    public void Begins() => _began = time.GetTimestamp();

    /// <summary>An answer's first word has come: what tells of waiting ends here, the rest is its length.</summary>
    public void FirstWord() => _firstWord ??= time.GetElapsedTime(_began);

    /// <summary>Its times are no measure: from a cache, or without a part.</summary>
    public void TellsNothing() => _tellsNothing = true;

    /// <summary>Something behind was full or late.</summary>
    public void Dropped() => _dropped = true;

    /// <summary>Gives it back.</summary>
    /// <param name="status">The response's; 499 when the client went.</param>
    public void Leave(int status)
    {
        if (limit is null)
            return;
        var held = time.GetElapsedTime(_entered);
        var outcome = status == 499 ? LoadOutcome.Ignored
            : _dropped ? LoadOutcome.Dropped
            : _tellsNothing || status is < 200 or > 299 ? LoadOutcome.Ignored
            : LoadOutcome.Done;
        limit.Leave(kind, _firstWord ?? time.GetElapsedTime(_began), held, outcome);
    }
}
