using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Rag.Query;
using Rag.Search;

namespace Rag.Gateway;

/// <summary>The body of <c>POST /query</c>: read by <see cref="QueryEndpoints"/> field by field; this is its description.</summary>
internal sealed record QueryBody(
    [property: Description("The question"), StringLength(8192, MinimumLength = 1)] string Query,
    [property: Description("How many passages to retrieve and cite; default 5"), Range(1, 50)] int? TopK,
    [property: Description("Whether the answer comes as server-sent events: citations, token…, usage, done; or error")] bool? Stream,
    [property: Description("Conditions on metadata, such as {\"topic\":\"physics\",\"year\":{\"$gte\":2000}}")] JsonElement? Filter,
    [property: Description("The most tokens to make"), Range(1, 32768)] int? MaxTokens,
    [property: Description("Sampling temperature"), Range(0, 2)] double? Temperature);

internal sealed record QueryAnswer(
    [property: Description("The answer; [1] names the first citation")] string Answer,
    IReadOnlyList<Citation> Citations,
    UsageCounts Usage,
    Timings Timings,
    [property: Description("Parts that were missing; empty when all was well")] IReadOnlyList<string> Degraded,
    [property: Description("The model that answered")] string Model);

/// <summary>A passage that was found.</summary>
internal readonly record struct Citation(
    string DocumentId,
    int Version,
    string ChunkId,
    string Title,
    string Text,
    [property: Description("Greater is better; comparable within one reply only")] double Score)
{
    public static IReadOnlyList<Citation> Of(IReadOnlyList<SearchResult> results)
    {
        var citations = new Citation[results.Count];
        for (var i = 0; i < citations.Length; i++)
        {
            var (key, title, text, score) = results[i];
            citations[i] = new Citation(key.DocumentId, key.Version, key.ToString(), title, text, score);
        }

        return citations;
    }
}

internal sealed record UsageCounts(int PromptTokens, int CompletionTokens);

/// <summary>Where the time went, in milliseconds.</summary>
internal sealed record Timings(double RetrievalMs, double FirstTokenMs, double GenerationMs, double TotalMs, bool Cached)
{
    public static Timings Of(AnswerTimings timings) => new(
        Ms(timings.Retrieval), Ms(timings.FirstToken), Ms(timings.Generation), Ms(timings.Total), timings.Cached);

    private static double Ms(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}

/// <summary>The event <c>citations</c>.</summary>
internal sealed record CitationsEvent(IReadOnlyList<Citation> Citations);

/// <summary>The event <c>usage</c>.</summary>
internal sealed record UsageEvent(UsageCounts Usage, Timings Timings, IReadOnlyList<string> Degraded, string Model);

/// <summary>The event <c>done</c>.</summary>
internal sealed record DoneEvent(string FinishReason);

internal sealed record SearchBody(
    [property: Description("Free text"), StringLength(8192, MinimumLength = 1)] string Query,
    [property: Description("How many chunks; default 10"), Range(1, 1000)] int? TopK,
    [property: Description("Conditions on metadata")] JsonElement? Filter);

internal sealed record SearchAnswer(
    IReadOnlyList<Citation> Results,
    [property: Description("Parts that were missing; empty when all was well")] IReadOnlyList<string> Degraded);
