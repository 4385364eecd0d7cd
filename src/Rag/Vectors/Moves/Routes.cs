namespace Rag.Vectors.Moves;

/// <summary>The open indexes as one plan has them. Calls enter and leave, so that whoever changes the plan can wait for those that went by the one before.</summary>
internal sealed class Routes(VectorPlan plan, IVectors active, IVectors? next, IVectors? retired)
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inside;
    private bool _closed;

    public VectorPlan Plan => plan;

    public IVectors Active => active;

    public IVectors? Next => next;

    public IVectors? Retired => retired;

    /// <summary>False when these routes are no longer to be used: take the new ones.</summary>
    public bool TryEnter()
    {
        lock (_gate)
        {
            if (_closed)
                return false;
            _inside++;
            return true;
        }
    }

    public void Leave()
    {
        lock (_gate)
            if (--_inside == 0 && _closed)
                _left.SetResult();
    }

    /// <summary>Lets nobody in any more; ends when the last one has left.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            if (!_closed && _inside == 0)
                _left.SetResult();
            _closed = true;
        }

        return _left.Task;
    }
}
