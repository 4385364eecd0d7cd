using Rag.Crashes;
using Rag.Embedding;
using Rag.Errors;
using Rag.Vectors.Graphs;

namespace Rag.Vectors;

/// <summary>How a change passes: admitted in order, inserted beside others, published in one step.</summary>
internal sealed partial class VectorIndex
{
    private async Task ApplyAsync(List<Change> changes)
    {
        if (changes.Count == 0)
            return;
        var (durable, generation, refusal) = Admit(changes);
        try
        {
            try
            {
                foreach (var change in changes)
                    if (change.Document is not null)
                        Insert(change);
            }
            finally
            {
                await durable.ConfigureAwait(false);
            }

            Failpoints.Reach(Failpoint.VectorsUnpublished);
            Publish(changes);
        }
        catch
        {
            Abandon(changes);
            throw;
        }
        finally
        {
            lock (_gate)
                InFlight.End(generation);
        }

        if (refusal is not null)
            throw refusal;
        if (IsMaintenanceDue(changes))
            _ = _maintenance.Signal();
    }

    /// <summary>Puts what passes its fence into the log. When one is refused, those before it go on, and the refusal is thrown after them.</summary>
    private (Task Durable, InFlight.Generation Generation, Exception? Refusal) Admit(List<Change> changes)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);

            // Nothing is admitted unless all could be: a wrong model or a full index refuses the whole call.
            var model = _space?.Model ?? changes.Select(change => change.Record.Model).FirstOrDefault(given => given is not null);
            foreach (var change in changes)
                if (change.Record.Model is { } given)
                    VectorRules.CheckModel(model!, given);
            var chunks = changes.Sum(change => change.Units.Length);
            if (chunks > 0 && _taken + chunks > _options.MaxChunks)
                throw new RagException(RagError.Overloaded, $"vectors: the index holds {_taken} chunks, deleted ones included, and {chunks} more would pass the limit of {_options.MaxChunks} (vectors:max_chunks); delete documents or raise it", TimeSpan.FromSeconds(5));

            var durable = _journal.FlushAsync(); // what turns a change away must be durable too before the caller hears "done"
            Exception? refusal = null;
            foreach (var change in changes)
            {
                var document = DocumentOf(change.Record.Tenant, change.Record.DocumentId);
                if (change.Record.Rank <= document.Seen)
                    continue;
                try
                {
                    durable = _journal.AppendAsync(change.Bytes.Span);
                }
                catch (RagException e)
                {
                    refusal = e;
                    break;
                }

                Take(change, document);
            }

            return (durable, _inFlight.Begin(), refusal);
        }
    }

    /// <summary>Notes a change that is in the log. Under the gate, or during replay.</summary>
    private void Take(Change change, Document document)
    {
        document.Seen = change.Record.Rank;
        change.Document = document;
        if (change.Record.Model is not { } model)
            return;
        OpenSpace(model);
        document.Tenant.OpenGraph(_space!);
        _taken += change.Units.Length;
    }

    private void OpenSpace(EmbeddingModel model)
    {
        if (_space is null)
            Volatile.Write(ref _space, new VectorSpace(model, _options.Links));
        else
            VectorRules.CheckModel(_space.Model, model);
    }

    private Document DocumentOf(string tenant, string id)
    {
        var of = TenantOf(tenant);
        return of.Documents.GetOrAdd(id, static (id, of) => new Document(of, id), of);
    }

    private Tenant TenantOf(string name) => _tenants.GetOrAdd(name, static (name, options) => new Tenant(name, options), _options);

    private void Insert(Change change)
    {
        if (change.Record.Model is null)
            return;
        var document = change.Document!;
        var store = _space!.Store;
        var slots = new int[change.Units.Length];
        Array.Fill(slots, -1);
        var set = change.Chunks = new ChunkSet(document, change.Record.Version, change.Record.Metadata, slots);
        for (var i = 0; i < slots.Length; i++)
        {
            if (change.Units[i] is not { } unit)
                continue;
            slots[i] = store.Add(unit, HnswGraph.LevelOf(LevelSeed(set, i), store.Links), set, i);
            document.Tenant.Graph!.Insert(slots[i]);
        }
    }

    // FNV-1a over what names the chunk, mixed as in SplitMix64: the layer depends on the seed and the chunk, not on the order of arrival.
    private ulong LevelSeed(ChunkSet set, int ordinal)
    {
        var hash = 14695981039346656037UL ^ _options.Seed;
        foreach (var c in set.Document.Id)
            hash = (hash ^ c) * 1099511628211UL;
        hash = (hash ^ (uint)set.Version) * 1099511628211UL;
        hash = ((hash ^ (uint)ordinal) * 1099511628211UL) + 0x9E3779B97F4A7C15UL;
        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9UL;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EBUL;
        return hash ^ (hash >> 31);
    }

    private void Publish(List<Change> changes)
    {
        lock (_gate)
            foreach (var change in changes)
                if (change.Document is not null)
                    Publish(change);
    }

    /// <summary>From the next commit number on, searches see the new chunks and not the old ones.</summary>
    private void Publish(Change change)
    {
        var document = change.Document!;
        var old = document.Published;
        if (change.Record.Rank <= old.Rank)
        {
            Discard(change); // a newer version was published meanwhile
            return;
        }

        var next = _commit + 1;
        var (born, died) = (0, 0);
        foreach (var slot in change.Chunks?.Slots ?? [])
            if (slot >= 0)
            {
                Volatile.Write(ref _space!.Store.Life(slot).Born, next);
                born++;
            }

        foreach (var slot in old.Chunks?.Slots ?? [])
            if (slot >= 0)
            {
                Volatile.Write(ref _space!.Store.Life(slot).Died, next);
                died++;
            }

        document.Published = new Published(change.Record.Version, change.Chunks);
        Volatile.Write(ref _commit, next);
        document.Tenant.Count(born - died, died);
        _taken -= change.Units.Length - born; // zero vectors took no place after all
        _metrics?.Inserted(born);
        _metrics?.Deleted(died);
    }

    private void Abandon(List<Change> changes)
    {
        lock (_gate)
            foreach (var change in changes)
                if (change.Document is not null)
                    Discard(change);
    }

    private void Discard(Change change)
    {
        var dead = 0;
        foreach (var slot in change.Chunks?.Slots ?? [])
            if (slot >= 0 && _space!.Store.Life(slot).Born == Lifetime.Never)
            {
                Volatile.Write(ref _space.Store.Life(slot).Died, _commit);
                dead++;
            }

        change.Document!.Tenant.Count(0, dead);
        _taken -= change.Units.Length - dead;
    }

    private bool IsMaintenanceDue(List<Change> changes)
    {
        if (IsSnapshotDue)
            return true;
        foreach (var change in changes)
            if (change.Document?.Tenant.NeedsRepair == true)
                return true;
        return false;
    }
}
