using System.Collections.Concurrent;

namespace Rag.Bench.Crashes;

/// <summary>A state of a document: its version and the word that only this version holds; no word for a deletion, version 0 for one that never was.</summary>
internal readonly record struct Fact(int Version, string? Word)
{
    public bool Lives => Word is not null;
}

/// <summary>
/// What one document must be, by what its client was told. Only its client writes it. After a write without an answer two states are right, and nobody writes it again
/// until a checkpoint has seen which.
/// </summary>
internal sealed class Entry(string id)
{
    private int _seen;

    public string Id { get; } = id;

    /// <summary>The last acknowledged state.</summary>
    public Fact Acknowledged { get; private set; }

    /// <summary>What it is if the write without an answer was kept; null when every write has its answer.</summary>
    public Fact? Possible { get; private set; }

    /// <summary>Words of versions that were replaced or deleted.</summary>
    public List<string> Old { get; } = [];

    /// <summary>Whether something happened to it since the last checkpoint.</summary>
    public bool Changed { get; set; }

    /// <summary>The greatest version that anybody was shown.</summary>
    public int Seen => Volatile.Read(ref _seen);

    /// <summary>A write is on its way.</summary>
    public void Begin(Fact fact) => (Possible, Changed) = (fact, true);

    /// <summary>It was acknowledged, or a checkpoint saw that it was kept.</summary>
    public void Acknowledge(Fact fact)
    {
        if (Acknowledged.Word is { } old)
            Old.Add(old);
        (Acknowledged, Possible) = (fact, null);
        See(fact.Version);
    }

    /// <summary>It was refused, or a checkpoint saw that it was not kept.</summary>
    public void Refuse()
    {
        if (Possible?.Word is { } never)
            Old.Add(never);
        Possible = null;
    }

    public void See(int version)
    {
        for (var seen = Seen; version > seen; seen = Seen)
            if (Interlocked.CompareExchange(ref _seen, version, seen) == seen)
                return;
    }
}

/// <summary>All documents; no two versions share a word.</summary>
internal sealed class Ledger
{
    private readonly UniqueWords _words = new();
    private int _documents;
    private long _acknowledged;
    private long _unknown;

    public ConcurrentDictionary<string, Entry> Entries { get; } = new(StringComparer.Ordinal);

    /// <summary>Documents that nobody can read, and whether their upload was acknowledged; its answer was cut off otherwise.</summary>
    public ConcurrentDictionary<string, bool> Spoiled { get; } = new(StringComparer.Ordinal);

    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    public long Unknown => Interlocked.Read(ref _unknown);

    public void CountAcknowledged() => Interlocked.Increment(ref _acknowledged);

    public void CountUnknown() => Interlocked.Increment(ref _unknown);

    public Entry Add()
    {
        var entry = new Entry($"doc-{Interlocked.Increment(ref _documents)}");
        Entries[entry.Id] = entry;
        return entry;
    }

    public string NextWord() => _words.Next();

    /// <summary>A text that holds a word, one chunk long.</summary>
    public static string Text(string word) => $"The keeper of the lighthouse wrote the word {word} into the log of the harbour.";
}
