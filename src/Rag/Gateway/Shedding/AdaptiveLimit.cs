namespace Rag.Gateway.Shedding;

/// <summary>How a request ended, as far as the limit is concerned.</summary>
internal enum LoadOutcome
{
    /// <summary>Done: its times tell about load.</summary>
    Done,

    /// <summary>It tells nothing: the client went, the request was wrong, the answer came from a cache, a part was down.</summary>
    Ignored,

    /// <summary>Something behind was full or out of time.</summary>
    Dropped,
}

/// <summary>
/// How many requests of one class of work may be under way, found while they are. Latency asks the question, throughput answers it:
/// <code>
///   Free ──slower than ×2.5──▶ Before ──cut to 0.6──▶ Settling ──▶ After ──as much done as before──▶ it was waiting: the cut stays, and goes
///    ▲ │ refused, and fast:                                          │                               on to what is done × its time alone
///    │ └ grow by up to a tenth                                       └──less done, twice──▶ it was slow work, and the cut hurt: undo it,
///    └──◀─────────────── Probing (0.8 of capacity, once a minute of pressure) ◀──┘       learn the new times
/// </code>
/// The gradient limits of Netflix (Vegas, Gradient2) cut on latency alone: work that has become slow without a queue, such as an LLM with long prompts, is then
/// refused down to nothing, and under lasting overload their baseline drifts up with the queue (Netflix/concurrency-limits #134, #137). Here a cut must prove
/// itself, and the baseline is the least of two minutes, seen anew while probing. Safe for concurrent use. Test: <c>AdaptiveLimitTests</c>, by simulation.
/// </summary>
internal sealed class AdaptiveLimit(TimeProvider time, double least, double initial, double most)
{
    /// <summary>How many times longer than alone work may take before a queue is suspected.</summary>
    private const double Tolerance = 2.5;

    private const double Cut = 0.6;
    private const int FewestCompared = 20;

    /// <summary>Between all of the rate before and the cut's share of it, as far from the one as from the other.</summary>
    private static readonly double Proof = Math.Sqrt(Cut);

    /// <summary>Below it nothing waits, and what is measured is the baseline itself.</summary>
    private const double Unhurried = 1.3;

    private static readonly TimeSpan ShortestWindow = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestWindow = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestSettling = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pressure = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Baseline _held = new(time, TimeSpan.Zero);
    private readonly List<Baseline> _kinds = [];
    private double _limit = Math.Clamp(initial, least, most);
    private double _limitBefore;
    private double _rateBefore;
    private int _inFlight;
    private int _doubts;
    private Phase _phase;
    private LoadWindow _window = new(time, 0);
    private long _settled;
    private long _unpressed = time.GetTimestamp();

    private enum Phase
    {
        Free,
        Before,
        Settling,
        After,
        ProbeSettling,
        Probing,
    }

    /// <summary>The limit now.</summary>
    public double Limit
    {
        get
        {
            lock (_gate)
                return _limit;
        }
    }

    /// <summary>Requests under way.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>A kind of work whose times are alike, such as one route: each is compared with itself alone.</summary>
    /// <param name="unnoticed">
    /// What nobody minds waiting for: it is added to both sides of the comparison, so a millisecond that becomes three is no load, nor is an upload that takes a
    /// tenth of a second on a busy machine.
    /// </param>
    public Baseline Kind(TimeSpan unnoticed)
    {
        var kind = new Baseline(time, unnoticed);
        lock (_gate)
            _kinds.Add(kind);
        return kind;
    }

    /// <summary>Takes a place; <see cref="Leave"/> gives it back.</summary>
    /// <param name="share">How much of the limit this work may fill, 0–1: less leaves the rest to what is more urgent.</param>
    public bool TryEnter(double share = 1)
    {
        lock (_gate)
        {
            if (_inFlight >= Math.Max(1, _limit * share))
            {
                _window.Refused = true;
                return false;
            }

            _window.Entered(++_inFlight);
            return true;
        }
    }

    /// <summary>Gives a place back.</summary>
    /// <param name="kind">What kind of work it was.</param>
    /// <param name="latency">What tells of waiting: until the first word for a stream, otherwise until the end.</param>
    /// <param name="held">How long the place was taken.</param>
    /// <param name="outcome">How it ended.</param>
    public void Leave(Baseline kind, TimeSpan latency, TimeSpan held, LoadOutcome outcome)
    {
        lock (_gate)
        {
            _inFlight--;
            if (outcome == LoadOutcome.Dropped)
                _window.Drops();
            else if (outcome == LoadOutcome.Done)
            {
                kind.Add(latency.TotalSeconds);
                _held.Add(held.TotalSeconds);
                _window.Ends(kind.Slowdown(latency), held.TotalSeconds, kind.Unnoticed.TotalSeconds);
            }

            Look();
        }
    }

    private void Look()
    {
        if (_phase is Phase.Settling or Phase.ProbeSettling)
        {
            if (time.GetTimestamp() >= _settled)
                Enter(_phase == Phase.Settling ? Phase.After : Phase.Probing);
            return;
        }

        // Comparing needs more than noticing: the rate of 100 is known to a tenth.
        var (enough, longest) = _phase == Phase.Free ? (20, LongestWindow) : (100, 2 * LongestWindow);
        if (_window.Ended == 0 || _window.Elapsed < ShortestWindow || (_window.Ended < enough && _window.Elapsed < longest))
            return;
        var seen = _window;
        if (seen.Elapsed > 2 * longest || (_phase != Phase.Free && seen.Ended < FewestCompared))
        {
            // Hardly anything came for a while: what it would be compared with is of another time.
            if (_phase is Phase.After or Phase.Probing)
                _limit = Math.Max(_limit, _limitBefore);
            Enter(Phase.Free);
            return;
        }

        switch (_phase)
        {
            case Phase.Free:
                Decide(seen);
                break;
            case Phase.Before when seen.Slowdown > Tolerance:
                Try(seen);
                break;
            case Phase.After:
                Judge(seen);
                break;
            default:
                if (_phase == Phase.Probing)
                    _limit = Math.Max(_limit, _limitBefore);
                Enter(Phase.Free);
                break;
        }
    }

    private void Decide(LoadWindow seen)
    {
        var pressed = seen.Refused || seen.MostInFlight >= 0.8 * _limit;
        if (!pressed || seen.Slowdown < Unhurried)
            _unpressed = time.GetTimestamp();
        if (seen.DroppedShare > 0.1)
            _limit = Math.Max(least, Math.Min(_limit, seen.MostInFlight) * 0.8);
        else if (seen.Slowdown > Tolerance && seen.MostInFlight > least)
        {
            Enter(Phase.Before);
            return;
        }
        else if (pressed && time.GetElapsedTime(_unpressed) > Pressure)
        {
            Probe(seen);
            return;
        }
        else if (pressed)
            _limit = Math.Min(most, _limit * (1 + 0.1 * Math.Clamp((Tolerance - seen.Slowdown) / (Tolerance - 1), 0, 1)) + 0.1);

        Enter(Phase.Free);
    }

    // What comes out of a queue comes out however long the queue is; of work that is merely slow, less is done by fewer.
    private void Try(LoadWindow seen)
    {
        (_limitBefore, _rateBefore) = (_limit, seen.Rate);
        _limit = Math.Max(least, Cut * Math.Min(_limit, seen.MostInFlight));
        Settle(Phase.Settling, 1.2 * seen.Held);
    }

    private void Judge(LoadWindow seen)
    {
        if (seen.Rate >= Proof * _rateBefore)
        {
            _doubts = 0;
            _limit = Math.Clamp(1.5 * seen.Rate * (_held.Seconds + seen.Unnoticed), Math.Max(least, 0.4 * _limit), _limit);
        }
        else if (++_doubts < 2)
            _limit = _limitBefore; // chance may have spoken: once more
        else
        {
            _doubts = 0;
            _limit = _limitBefore;
            _held.Reset();
            foreach (var kind in _kinds)
                kind.Reset();
        }

        Enter(Phase.Free);
    }

    // A little less than what can be done at once, so that for a moment nothing waits.
    private void Probe(LoadWindow seen)
    {
        _unpressed = time.GetTimestamp();
        _limitBefore = _limit;
        _limit = Math.Max(least, Math.Clamp(0.8 * seen.Rate * _held.Seconds, 0.2 * _limit, seen.MostInFlight / Tolerance));
        Settle(Phase.ProbeSettling, 1.2 * seen.Held);
    }

    private void Settle(Phase phase, double seconds)
    {
        var wait = TimeSpan.FromSeconds(Math.Clamp(seconds, ShortestWindow.TotalSeconds, LongestSettling.TotalSeconds));
        _settled = time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency);
        Enter(phase);
    }

    private void Enter(Phase phase)
    {
        _phase = phase;
        _window = new LoadWindow(time, _inFlight);
    }
}
