namespace Rag.Gateway.Shedding;

/// <summary>What was seen between two decisions.</summary>
internal sealed class LoadWindow(TimeProvider time, int inFlight)
{
    private readonly long _began = time.GetTimestamp();
    private double _slowdown;
    private double _held;
    private double _unnoticed;

    /// <summary>Requests that count and are done.</summary>
    public int Done { get; private set; }

    /// <summary>Requests that the parts behind refused or did not finish in time.</summary>
    public int Dropped { get; private set; }

    /// <summary>Whether a request was refused here.</summary>
    public bool Refused { get; set; }

    /// <summary>The most requests at once.</summary>
    public int MostInFlight { get; private set; } = inFlight;

    public TimeSpan Elapsed => time.GetElapsedTime(_began);

    public int Ended => Done + Dropped;

    public double DroppedShare => Ended == 0 ? 0 : (double)Dropped / Ended;

    /// <summary>Requests done per second.</summary>
    public double Rate => Done / Elapsed.TotalSeconds;

    /// <summary>How many times longer than without waiting requests took, on average; 1 when none is done.</summary>
    public double Slowdown => Done == 0 ? 1 : _slowdown / Done;

    /// <summary>Seconds that a request held its place, on average.</summary>
    public double Held => Done == 0 ? 0 : _held / Done;

    /// <summary>Seconds of waiting that nobody minds, on average over what was done.</summary>
    public double Unnoticed => Done == 0 ? 0 : _unnoticed / Done;

    public void Entered(int inFlight) => MostInFlight = Math.Max(MostInFlight, inFlight);

    public void Ends(double slowdown, double held, double unnoticed)
    {
        Done++;
        _slowdown += slowdown;
        _held += held;
        _unnoticed += unnoticed;
    }

    public void Drops() => Dropped++;
}
