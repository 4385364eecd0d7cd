namespace Rag.Bench;

/// <summary>Words that no two documents share, so that a document is found by its own and nothing else is.</summary>
internal sealed class UniqueWords
{
    private const string Letters = "bcdfghjklmnpqrtvwxz"; // no vowels: no stemmer makes two of them one

    private int _made;

    /// <summary>One that was not given before; safe for many threads.</summary>
    public string Next()
    {
        // A multiplication by an odd number permutes: neighbours in time differ in all letters.
        var number = unchecked((uint)Interlocked.Increment(ref _made) * 2_654_435_761u);
        Span<char> word = stackalloc char[9];
        word[0] = 'q';
        for (var i = 1; i < word.Length; i++, number /= (uint)Letters.Length)
            word[i] = Letters[(int)(number % (uint)Letters.Length)];
        return new string(word);
    }
}
