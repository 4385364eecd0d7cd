using Microsoft.Extensions.Time.Testing;
using Rag.Gateway.Shedding;

namespace Rag.Tests.Gateway.Shedding;

/// <summary>
/// Poisson arrivals before a limit and, behind it, servers that take requests first come, first served, for exponential times: M/M/c with a door.
/// Virtual time and a seed: a minute of load takes some milliseconds, and is the same each time.
/// </summary>
internal sealed class SimulatedSystem
{
    private readonly FakeTimeProvider _time = new();
    private readonly Random _chance = new(20260301);
    private readonly PriorityQueue<Action, double> _events = new();
    private readonly Queue<double> _waiting = new();
    private readonly Baseline _kind;
    private double _now;
    private int _busy;
    private bool _arriving;
    private int _done;
    private int _refused;
    private double _latency;

    public SimulatedSystem(int servers, double initial = 2048)
    {
        Servers = servers;
        Limit = new AdaptiveLimit(_time, 16, initial, 4096);
        _kind = Limit.Kind(TimeSpan.FromMilliseconds(20));
    }

    public AdaptiveLimit Limit { get; }

    /// <summary>How many work; fewer finish what they have.</summary>
    public int Servers { get; set; }

    /// <summary>Seconds that a request takes when it does not wait.</summary>
    public double ServiceSeconds { get; set; } = 1;

    /// <summary>Requests per second.</summary>
    public double Load { get; set; }

    /// <summary>Runs for a while.</summary>
    /// <returns>Done and refused per second, and the mean seconds that those took that were done.</returns>
    public (double Done, double Refused, double Latency) Run(double seconds)
    {
        (_done, _refused, _latency) = (0, 0, 0);
        var end = _now + seconds;
        if (!_arriving)
            Arrive();
        _arriving = true;
        while (_events.TryPeek(out _, out var at) && at <= end)
        {
            var next = _events.Dequeue();
            Move(at);
            next();
        }

        Move(end);
        return (_done / seconds, _refused / seconds, _latency / Math.Max(1, _done));
    }

    private void Move(double to)
    {
        _time.Advance(TimeSpan.FromSeconds(to - _now));
        _now = to;
    }

    private double Exponential(double mean) => -Math.Log(1 - _chance.NextDouble()) * mean;

    private void After(double seconds, Action next) => _events.Enqueue(next, _now + seconds);

    private void Arrive()
    {
        After(Exponential(1 / Load), () =>
        {
            if (Limit.TryEnter())
            {
                _waiting.Enqueue(_now);
                Serve();
            }
            else
                _refused++;
            Arrive();
        });
    }

    private void Serve()
    {
        while (_busy < Servers && _waiting.TryDequeue(out var entered))
        {
            _busy++;
            After(Exponential(ServiceSeconds), () =>
            {
                _busy--;
                _done++;
                var took = _now - entered;
                _latency += took;
                Limit.Leave(_kind, TimeSpan.FromSeconds(took), TimeSpan.FromSeconds(took), LoadOutcome.Done);
                Serve();
            });
        }
    }
}
