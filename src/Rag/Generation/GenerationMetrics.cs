using System.Diagnostics;
using System.Diagnostics.Metrics;
using Rag.Errors;
using Rag.Traces;

namespace Rag.Generation;

/// <summary>
/// What is measured of a model, whichever it is, by the names, labels and buckets of OpenTelemetry's conventions for generative AI. Written once per answer, never per token.
/// https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/
/// </summary>
/// <param name="provider">Whose model: <c>extractive</c>, <c>openai</c> for whatever speaks its protocol.</param>
internal sealed class GenerationMetrics(string provider)
{
    private static readonly Meter Meter = new("Rag");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "gen_ai.client.operation.duration", "s", "From asking a model to the end of its answer, failures included", null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92] });

    private static readonly Histogram<long> Tokens = Meter.CreateHistogram(
        "gen_ai.client.token.usage", "{token}", "Tokens of prompts and answers, as the model counts them", null,
        new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576] });

    private static readonly Histogram<double> FirstToken = Meter.CreateHistogram(
        "gen_ai.server.time_to_first_token", "s", "From asking a model to its first text", null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] });

    private static readonly Histogram<double> PerToken = Meter.CreateHistogram(
        "gen_ai.server.time_per_output_token", "s", "Time per token of an answer, the first left out", null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5] });

    private readonly KeyValuePair<string, object?> _operation = new("gen_ai.operation.name", "chat");
    private readonly KeyValuePair<string, object?> _provider = new("gen_ai.provider.name", provider);

    /// <summary>An answer is over.</summary>
    /// <param name="all">Since the model was asked.</param>
    /// <param name="first">Until its first text; null when none came.</param>
    /// <param name="end">How it ended; null when it did not end well.</param>
    /// <param name="error">Why not; null when it did, or when nobody wanted the rest.</param>
    public void Answered(TimeSpan all, TimeSpan? first, GenerationEnd? end, Exception? error)
    {
        var model = new KeyValuePair<string, object?>("gen_ai.response.model", end?.Model ?? "");
        Duration.Record(all.TotalSeconds, _operation, _provider, model, new("error.type", Type(end, error)));
        if (first is { } until)
            FirstToken.Record(until.TotalSeconds, _operation, _provider, model);
        if (end is null)
            return;
        Tokens.Record(end.PromptTokens, _operation, _provider, model, new("gen_ai.token.type", "input"));
        Tokens.Record(end.CompletionTokens, _operation, _provider, model, new("gen_ai.token.type", "output"));
        if (first is { } begun && end.CompletionTokens > 1)
            PerToken.Record((all - begun).TotalSeconds / (end.CompletionTokens - 1), _operation, _provider, model);
    }

    /// <summary>Ends an answer's span. https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/</summary>
    public void Tell(Activity? span, TimeSpan? first, GenerationEnd? end, Exception? error)
    {
        if (span is null)
            return;
        span.SetTag(_operation.Key, _operation.Value).SetTag(_provider.Key, _provider.Value);
        if (first is { } until)
            span.SetTag("gen_ai.server.time_to_first_token", until.TotalSeconds);
        if (end is not null)
        {
            span.DisplayName = $"chat {end.Model}";
            span.SetTag("gen_ai.response.model", end.Model).SetTag("gen_ai.response.finish_reasons", new[] { end.FinishReason })
                .SetTag("gen_ai.usage.input_tokens", end.PromptTokens).SetTag("gen_ai.usage.output_tokens", end.CompletionTokens);
        }
        else if (error is not null)
            span.Failed(error);

        var above = Activity.Current; // the answer's reader goes on in its own span
        span.Dispose();
        Activity.Current = above;
    }

    // Few values, as for every label: the kind of failure and not its words.
    private static string Type(GenerationEnd? end, Exception? error) =>
        end is not null ? "" : error is RagException known ? known.Error.ToString() : error is null or OperationCanceledException ? "cancelled" : "internal";
}
