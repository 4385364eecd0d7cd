using System.Diagnostics.Metrics;

namespace Rag.Query;

/// <summary>What the query service measures; written once per answer, never per token.</summary>
internal static class QueryMetrics
{
    private static readonly Meter Meter = new("Rag");

    private static readonly Histogram<double> Retrieval =
        Meter.CreateHistogram<double>("rag.query.retrieval.duration", "s", "From the question to its passages");

    private static readonly Histogram<double> FirstToken =
        Meter.CreateHistogram<double>("rag.query.first_token.duration", "s", "From asking generation to its first text; cached answers left out");

    private static readonly Histogram<double> Total = Meter.CreateHistogram<double>("rag.query.duration", "s", "From the question to the answer's end");

    private static readonly Counter<long> Answers = Meter.CreateCounter<long>("rag.query.answers", null, "Answers by result: ok, degraded, cached");

    private static readonly Counter<long> Tokens = Meter.CreateCounter<long>("rag.query.completion_tokens", null, "Tokens of answers that were generated");

    public static void Answered(AnswerEnd end)
    {
        var result = end.Timings.Cached ? "cached" : end.Degraded.Count > 0 ? "degraded" : "ok";
        Answers.Add(1, new KeyValuePair<string, object?>("result", result));
        Total.Record(end.Timings.Total.TotalSeconds);
        if (end.Timings.Cached)
            return;
        Tokens.Add(end.CompletionTokens);
        Retrieval.Record(end.Timings.Retrieval.TotalSeconds);
        FirstToken.Record(end.Timings.FirstToken.TotalSeconds);
    }
}
