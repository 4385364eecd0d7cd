namespace EndToEnd.Tests.Durability;

/// <summary>What one document must be, by what its client was told. After a write whose answer the kill cut off, both are right and nobody touches it again.</summary>
internal sealed class LedgerEntry(string id)
{
    public string Id { get; } = id;

    /// <summary>The last acknowledged state; null before the first acknowledgement.</summary>
    public DocumentFact? Acknowledged { get; set; }

    /// <summary>What it is if the write without an answer was kept.</summary>
    public DocumentFact? Possible { get; set; }

    /// <summary>Marker words of versions that have been replaced or deleted.</summary>
    public List<string> Old { get; } = [];

    /// <summary>A write was acknowledged.</summary>
    public void Acknowledge(DocumentFact fact)
    {
        if (Acknowledged?.Marker is { } old)
            Old.Add(old);
        (Acknowledged, Possible) = (fact, null);
    }
}

/// <summary>A version of a document and the word that only it holds; no word for a deletion.</summary>
internal sealed record DocumentFact(int Version, string? Marker);

/// <summary>Words that no two versions share. Consonants only, so that no stemmer makes two of them one.</summary>
internal sealed class MarkerWords
{
    private const string Letters = "bcdfghjklmnpqrtvwxz";

    private int _count;

    public string Next()
    {
        // A multiplication by an odd number permutes: neighbours in time differ in all letters.
        var number = unchecked((uint)Interlocked.Increment(ref _count) * 2_654_435_761u);
        Span<char> word = stackalloc char[9];
        word[0] = 'q';
        for (var i = 1; i < word.Length; i++, number /= (uint)Letters.Length)
            word[i] = Letters[(int)(number % (uint)Letters.Length)];
        return new string(word);
    }
}
