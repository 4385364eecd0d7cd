using System.Diagnostics.Metrics;

namespace Rag.Query;

/// <summary>How answers were found.</summary>
internal static class AnswerLookups
{
    private static readonly Counter<long> Lookups = new Meter("Rag").CreateCounter<long>(
        "rag.cache.lookups", "{lookup}",
        "Lookups by cache (answers, embeddings), level (local: this process; alike: an answer to the same question in other words; shared: the caching service) and "
        + "result (hit, miss, stale: the documents have changed, waited: another computed it, busy: another computed it for too long, unavailable)");

    public static void Count(string level, string result) => Lookups.Add(
        1, new KeyValuePair<string, object?>("cache", "answers"), new KeyValuePair<string, object?>("level", level), new KeyValuePair<string, object?>("result", result));
}
