namespace Rag.Vectors;

/// <summary>Counts changes that are logged and not yet published, so that a snapshot can wait for those that it must hold. Under the index's gate.</summary>
internal sealed class InFlight
{
    private Generation _now = new();

    /// <summary>A change begins.</summary>
    public Generation Begin()
    {
        _now.Count++;
        return _now;
    }

    /// <summary>A change is published or has failed.</summary>
    public static void End(Generation generation)
    {
        if (--generation.Count == 0 && generation.IsClosed)
            generation.Drained.SetResult();
    }

    /// <summary>Later changes count apart; the task ends when the earlier ones have.</summary>
    public Task Turn()
    {
        var old = _now;
        _now = new Generation();
        old.IsClosed = true;
        if (old.Count == 0)
            old.Drained.SetResult();
        return old.Drained.Task;
    }

    internal sealed class Generation
    {
        public int Count;
        public bool IsClosed;
        public readonly TaskCompletionSource Drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
