using Rag.Journals;

namespace Rag.Vectors;

/// <summary>How the index comes back: the snapshot as it is, then of the log only each document's last change.</summary>
internal sealed partial class VectorIndex
{
    private const int FewChanges = 64;

    private sealed class Replay(VectorIndex index) : IJournalState
    {
        private readonly Dictionary<(string Tenant, string Document), VectorRecord> _last = [];

        public int Records { get; private set; }

        public void Load(Stream snapshot) => index._space = VectorSnapshot.Load(snapshot, index.TenantOf);

        public void Apply(ReadOnlySpan<byte> record)
        {
            Records++;
            var change = VectorRecord.Decode(record);
            var key = (change.Tenant, change.DocumentId);
            if (!_last.TryGetValue(key, out var other) || other.Rank < change.Rank)
                _last[key] = change;
        }

        /// <summary>Inserts what remains; on all processors where it is much, at the price of a graph that depends on their timing.</summary>
        public void Finish()
        {
            foreach (var (_, tenant) in index._tenants)
                index._taken += tenant.Live;
            var changes = new List<Change>();
            foreach (var (_, record) in _last)
            {
                var document = index.DocumentOf(record.Tenant, record.DocumentId);
                if (record.Rank <= document.Seen)
                    continue;
                var change = Change.Replayed(record);
                index.Take(change, document);
                changes.Add(change);
            }

            _last.Clear();
            if (changes.Count <= FewChanges)
                changes.ForEach(index.Insert);
            else
                Parallel.ForEach(changes, index.Insert);
            index.Publish(changes);
        }
    }
}
