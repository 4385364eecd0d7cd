using Rag.Embedding;
using Rag.Errors;

namespace Rag.Vectors.Moves;

/// <summary>
/// The move itself. Each step is one change of the plan; between two of them nothing needs to be remembered, because what is left is what the indexes differ in.
/// </summary>
internal sealed partial class ModelVectors
{
    private const int MostListed = 20_000;
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(15);

    private readonly SemaphoreSlim _look = new(1); // guards what follows
    private readonly Queue<HeldDocument> _listed = new();
    private long _lookedRevision = -1, _lookedAt;
    private long _documents, _behind;

    public async ValueTask<VectorModels> ModelsAsync(CancellationToken cancellationToken)
    {
        var routes = await EnterAsync(writes: false, cancellationToken).ConfigureAwait(false);
        try
        {
            return await ModelsAsync(routes, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            routes.Leave();
        }
    }

    public async ValueTask<VectorModels> PrepareAsync(EmbeddingModel model, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var routes = await AdoptAsync(cancellationToken).ConfigureAwait(false);
            var plan = routes.Plan;
            var active = await ActiveModelAsync(routes, cancellationToken).ConfigureAwait(false)
                ?? throw new RagException(RagError.InvalidArgument, "vectors: the index is empty and takes the model of its first document; there is nothing to move");
            if (model == (plan.Next is null ? active : plan.NextModel))
                return await ModelsAsync(routes, cancellationToken).ConfigureAwait(false);
            if (plan.Retired is not null)
                throw new RagException(RagError.Unavailable, $"vectors: the index of {plan.RetiredModel!.Words}, the model before, waits to be dropped; try again then", _settings.KeepOldIndex);

            var changed = plan with { Revision = plan.Revision + 1, ActiveModel = active, Next = null, NextModel = null, Dropping = plan.Next is { } off ? [.. plan.Dropping, off] : plan.Dropping };
            if (model != active)
            {
                changed = changed with { Next = plan.Last + 1, NextModel = model, Last = plan.Last + 1 };
                await OpenAsync(changed.Next!.Value, cancellationToken).ConfigureAwait(false); // what can't be made is told before it is noted
            }

            await _indexes.WritePlanAsync(changed, cancellationToken).ConfigureAwait(false);
            routes = await AdoptAsync(cancellationToken).ConfigureAwait(false);
            if (routes.Plan.Revision == changed.Revision)
            {
                if (plan.NextModel is { } called)
                    LogCalledOff(called.Words);
                if (changed.Next is not null)
                    LogBegins(active.Words, model.Words);
            }

            return await ModelsAsync(routes, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask<IReadOnlyList<HeldDocument>> TakeAsync(int most, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        await _look.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var routes = await EnterAsync(writes: false, cancellationToken).ConfigureAwait(false);
            try
            {
                if (_lookedRevision != routes.Plan.Revision)
                    _listed.Clear();
                if (_listed.Count == 0 && IsLookDue(routes.Plan))
                    await LookAsync(routes, MostListed, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                routes.Leave();
            }

            var taken = new List<HeldDocument>(Math.Min(most, _listed.Count));
            while (taken.Count < most && _listed.TryDequeue(out var document))
                taken.Add(document);
            Interlocked.Add(ref _behind, -taken.Count);
            return taken;
        }
        finally
        {
            _look.Release();
        }
    }

    public async ValueTask<VectorModels> AdvanceAsync(CancellationToken cancellationToken)
    {
        var routes = await RefreshAsync(cancellationToken).ConfigureAwait(false);
        var seen = routes.Plan;
        await DropAsync(seen, cancellationToken).ConfigureAwait(false);
        if (seen.Next is not null || IsOver(seen))
        {
            if (await BehindAsync(seen, cancellationToken).ConfigureAwait(false) is 0)
                await StepAsync(seen, cancellationToken).ConfigureAwait(false);
        }

        return await ModelsAsync(cancellationToken).ConfigureAwait(false);
    }

    private static VectorPlan Switched(VectorPlan plan, DateTimeOffset now) => plan with
    {
        Revision = plan.Revision + 1,
        Active = plan.Next!.Value,
        ActiveModel = plan.NextModel,
        Next = null,
        NextModel = null,
        Retired = plan.Active,
        RetiredModel = plan.ActiveModel,
        SwitchedAt = now,
    };

    private async ValueTask StepAsync(VectorPlan seen, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if ((await AdoptAsync(cancellationToken).ConfigureAwait(false)).Plan.Revision != seen.Revision)
                return; // another was faster
            var changed = seen.Next is not null
                ? Switched(seen, _time.GetUtcNow())
                : seen with { Revision = seen.Revision + 1, Retired = null, SwitchedAt = null, Dropping = [.. seen.Dropping, seen.Retired!.Value] };
            if (await _indexes.WritePlanAsync(changed, cancellationToken).ConfigureAwait(false) && seen.Next is not null)
                LogSwitched(Interlocked.Read(ref _documents), changed.ActiveModel!.Words);
            await AdoptAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }

        await DropAsync((await RefreshAsync(cancellationToken).ConfigureAwait(false)).Plan, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Removes what the plan says is to go. By now no call here has any of it open.</summary>
    private async ValueTask DropAsync(VectorPlan plan, CancellationToken cancellationToken)
    {
        if (plan.Dropping.Count == 0)
            return;
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            foreach (var number in plan.Dropping)
            {
                await _indexes.DropAsync(number, cancellationToken).ConfigureAwait(false);
                LogDropped(number);
            }

            if ((await AdoptAsync(cancellationToken).ConfigureAwait(false)).Plan.Revision == plan.Revision)
            {
                await _indexes.WritePlanAsync(plan with { Revision = plan.Revision + 1, Dropping = [] }, cancellationToken).ConfigureAwait(false);
                await AdoptAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>How many documents the index to be filled lacks, looked at now; null when the plan has changed.</summary>
    private async ValueTask<long?> BehindAsync(VectorPlan plan, CancellationToken cancellationToken)
    {
        await _look.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var routes = await EnterAsync(writes: false, cancellationToken).ConfigureAwait(false);
            try
            {
                if (routes.Plan.Revision != plan.Revision)
                    return null;
                await LookAsync(routes, MostListed, cancellationToken).ConfigureAwait(false);
                return _behind;
            }
            finally
            {
                routes.Leave();
            }
        }
        finally
        {
            _look.Release();
        }
    }

    private async ValueTask LookAsync(Routes routes, int most, CancellationToken cancellationToken)
    {
        var (full, other) = routes.Next is { } next ? (routes.Active, next) : (routes.Retired!, routes.Active);
        var lag = await _indexes.CompareAsync(full, other, most, cancellationToken).ConfigureAwait(false);
        _listed.Clear();
        foreach (var document in lag.First)
            _listed.Enqueue(document);
        (_lookedRevision, _lookedAt) = (routes.Plan.Revision, _time.GetTimestamp());
        Interlocked.Exchange(ref _documents, lag.Documents);
        Interlocked.Exchange(ref _behind, lag.Behind);
    }

    // After the switch only another process that had not heard of it could still bring something to the old index alone.
    private bool IsLookDue(VectorPlan plan) => plan.Next is not null
        || (plan.Retired is not null && (IsOver(plan) || _indexes.IsShared) && (_lookedRevision != plan.Revision || _time.GetElapsedTime(_lookedAt) >= BetweenLooks));

    private bool IsOver(VectorPlan plan) => plan.Retired is not null && _time.GetUtcNow() - plan.SwitchedAt >= _settings.KeepOldIndex;

    private async ValueTask<VectorModels> ModelsAsync(Routes routes, CancellationToken cancellationToken)
    {
        var plan = routes.Plan;
        var active = await ActiveModelAsync(routes, cancellationToken).ConfigureAwait(false);
        return plan.Next is null && plan.Retired is null
            ? new VectorModels(active, null, null, 0, 0)
            : new VectorModels(active, plan.NextModel, plan.Retired is null ? null : plan.RetiredModel, Interlocked.Read(ref _documents), Math.Max(0, Interlocked.Read(ref _behind)));
    }

    private async ValueTask<EmbeddingModel?> ActiveModelAsync(Routes routes, CancellationToken cancellationToken)
    {
        if (routes.Plan.ActiveModel is { } noted)
            return noted;
        if (_models.TryGetValue(routes.Plan.Active, out var known))
            return known;
        var model = (await routes.Active.DescribeAsync(cancellationToken).ConfigureAwait(false)).Model;
        return model is null ? null : _models[routes.Plan.Active] = model;
    }
}
