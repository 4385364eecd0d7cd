using Rag.Filters;

namespace Rag.Engines.ExtensionsVectorData;

/// <summary>
/// Which versions count, by revision: each publication makes the next one.
/// <code>
/// revision     7          8          9
/// d            v1 ──────▶ v2 ───────────────▶      a view of revision 7 sees v1 to its end, whatever the provider finds:
/// view            └── of 7 ──────────┘             v2's records are not yet, v1's are still at the provider
/// sweep                              └▶ v1's records go
/// </code>
/// Records are added before their version counts, and removed only when no view that may see them is open; so a search sees one version of a document, and never
/// none, at any provider that finds what it was given. Safe for concurrent use. Tests: <c>VectorsConformance.Concurrency</c>.
/// </summary>
internal sealed class HeldVersions
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Tenant> _tenants = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, int> _views = [];
    private readonly List<HeldVersion> _retired = [];
    private long _revision;

    /// <summary>Chunks that searches see, and chunks that are to be removed.</summary>
    public (long Live, long Dead) Count()
    {
        lock (_lock)
            return (_tenants.Values.Sum(tenant => (long)tenant.Live), _retired.Sum(version => (long)version.Ordinals.Length));
    }

    /// <summary>A document's fence; 0 for one that was never seen.</summary>
    public long RankOf(string tenant, string document)
    {
        lock (_lock)
            return _tenants.TryGetValue(tenant, out var held) && held.Documents.TryGetValue(document, out var version) ? version.Rank : 0;
    }

    /// <summary>What counts of every document, deletions included.</summary>
    public List<HeldVersion> All()
    {
        lock (_lock)
            return [.. _tenants.Values.SelectMany(tenant => tenant.Documents.Values)];
    }

    /// <summary>From here on views see these.</summary>
    public void Publish(IEnumerable<HeldVersion> versions)
    {
        lock (_lock)
        {
            _revision++;
            foreach (var version in versions)
            {
                if (!_tenants.TryGetValue(version.Tenant, out var tenant))
                    _tenants.Add(version.Tenant, tenant = new Tenant());
                if (tenant.Documents.TryGetValue(version.Document, out var before))
                {
                    tenant.Live -= before.Ordinals.Length;
                    before.Until = _revision;
                    if (before.Attempt != 0)
                        _retired.Add(before);
                }

                tenant.Live += version.Ordinals.Length;
                version.From = _revision;
                tenant.Documents[version.Document] = version;
                if (version.Attempt != 0)
                    tenant.Attempts[version.Attempt] = version;
            }
        }
    }

    /// <summary>What never counted, and is to be removed.</summary>
    public void Discard(IEnumerable<HeldVersion> versions)
    {
        lock (_lock)
            foreach (var version in versions)
            {
                version.Until = 0;
                _retired.Add(version);
            }
    }

    /// <summary>Takes what may be removed now, because no open view can see it. Whoever could not remove it gives it back by <see cref="Return"/>.</summary>
    public List<HeldVersion> TakeRemovable()
    {
        lock (_lock)
        {
            var oldest = _views.Count == 0 ? long.MaxValue : _views.First().Key;
            var taken = _retired.Where(version => version.Until <= oldest).ToList();
            _retired.RemoveAll(version => version.Until <= oldest);
            return taken;
        }
    }

    /// <summary>Whether there is something for <see cref="TakeRemovable"/>.</summary>
    public bool HasRemovable()
    {
        lock (_lock)
            return _retired.Exists(version => _views.Count == 0 || version.Until <= _views.First().Key);
    }

    public void Return(IEnumerable<HeldVersion> versions)
    {
        lock (_lock)
            _retired.AddRange(versions);
    }

    /// <summary>They are removed.</summary>
    public void Forget(IEnumerable<HeldVersion> versions)
    {
        lock (_lock)
            foreach (var version in versions)
                if (_tenants.TryGetValue(version.Tenant, out var tenant))
                    tenant.Attempts.Remove(version.Attempt);
    }

    /// <summary>What counts now, for as long as the view is open.</summary>
    public View Open(string tenant)
    {
        lock (_lock)
        {
            _views[_revision] = _views.GetValueOrDefault(_revision) + 1;
            return new View(this, _tenants.GetValueOrDefault(tenant), _revision);
        }
    }

    private void Close(long revision)
    {
        lock (_lock)
            if (_views[revision] == 1)
                _views.Remove(revision);
            else
                _views[revision]--;
    }

    /// <summary>A tenant as it was at one revision.</summary>
    internal sealed class View(HeldVersions held, Tenant? tenant, long revision) : IDisposable
    {
        /// <summary>Its chunks.</summary>
        public int Live { get; } = tenant?.Live ?? 0; // made under the lock

        /// <summary>The version that a record is a chunk of; null when it doesn't count.</summary>
        public HeldVersion? Find(RecordKey key)
        {
            lock (held._lock)
                return tenant is not null && tenant.Attempts.TryGetValue(key.Attempt, out var version) && Sees(version) ? version : null;
        }

        /// <summary>Versions with chunks that meet a filter, or all of them.</summary>
        public List<HeldVersion> Matching(MetadataFilter? filter)
        {
            List<HeldVersion> versions;
            lock (held._lock)
                versions = tenant is null ? [] : [.. tenant.Attempts.Values.Where(version => version.Ordinals.Length > 0 && Sees(version))];
            if (filter is not null)
                versions.RemoveAll(version => !filter.Matches(version.Metadata));
            return versions;
        }

        public void Dispose() => held.Close(revision);

        private bool Sees(HeldVersion version) => version.From <= revision && revision < version.Until;
    }

    internal sealed class Tenant
    {
        public Dictionary<string, HeldVersion> Documents { get; } = new(StringComparer.Ordinal);

        /// <summary>Versions that have chunks at the provider, those among them that are to be removed.</summary>
        public Dictionary<long, HeldVersion> Attempts { get; } = [];

        public int Live { get; set; }
    }
}
