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

/// <summary>All documents, and words that no two versions share.</summary>
internal sealed class Ledger
{
    private const string Letters = "bcdfghjklmnpqrtvwxz"; // no vowels: no stemmer makes two of them one

    private int _words;
    private int _documents;
    private long _acknowledged;
    private long _unknown;

    public ConcurrentDictionary<string, Entry> Entries { get; } = new(StringComparer.Ordinal);

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

    public string NextWord()
    {
        // A multiplication by an odd number permutes: neighbours in time differ in all letters.
        var number = unchecked((uint)Interlocked.Increment(ref _words) * 2_654_435_761u);
        Span<char> word = stackalloc char[9];
        word[0] = 'q';
        for (var i = 1; i < word.Length; i++, number /= (uint)Letters.Length)
            word[i] = Letters[(int)(number % (uint)Letters.Length)];
        return new string(word);
    }

    /// <summary>A text that holds a word, one chunk long.</summary>
    public static string Text(string word) => $"The keeper of the lighthouse wrote the word {word} into the log of the harbour.";
}
