using Loadline.Users;

namespace Loadline.Runs;

/// <summary>What a person does to a run while it goes on. Safe to call from any thread.</summary>
/// <param name="stop">Ends the run as a first Ctrl-C does: users leave, and what was measured is judged and written.</param>
public sealed class RunControl(Action stop)
{
    private volatile PauseGate? _pauses;

    /// <summary>Whether there is a load to be held or let go on: not while the target is prepared, and not when the load is over.</summary>
    public bool IsLoading => _pauses is not null;

    /// <summary>Whether the load is held now.</summary>
    public bool IsPaused => _pauses?.IsPaused == true;

    /// <summary>Holds the load: what is in hand ends, nothing new begins. The run is INVALID from then on, because its load is not the plan's any more. False when that can't be.</summary>
    public bool Pause() => _pauses?.Pause() == true;

    /// <summary>Lets the load go on; false when it is not held.</summary>
    public bool Resume() => _pauses?.Resume() == true;

    /// <summary>Ends the run.</summary>
    public void Stop() => stop();

    internal void Begin(PauseGate pauses) => _pauses = pauses;

    internal void End()
    {
        Resume();
        _pauses = null;
    }
}
