using System.Collections.Frozen;

namespace Rag.Words;

/// <summary>English function words: they say how a sentence is built, not what it is about.</summary>
internal static class StopWords
{
    private const string List =
        """
        a about above after again against all also am an and any are as at be because been before being below between both but by can cannot could
        did do does doing done down during each either few for from further had has have having he her here hers herself him himself his how however i
        if in into is it its itself just may me might more most must my myself neither no nor not now of off on once only or other our ours ourselves
        out over own same shall she should so some such than that the their theirs them themselves then there thereby therefore these they this those
        through thus to too under until up upon us very was we were what when where whether which while who whom why will with within without would
        you your yours yourself yourselves dont doesnt didnt isnt arent wasnt werent cant couldnt wont wouldnt
        """;

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Lookup = List
        .Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal)
        .GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Whether a lower-case word is one of them.</summary>
    public static bool Contains(ReadOnlySpan<char> word) => word.Length <= 10 && Lookup.Contains(word);
}
