using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Rag.Errors;
using Rag.Gateway.Shedding;
using Rag.Identity.Usage;
using Rag.Query;

namespace Rag.Gateway;

/// <summary>What a request met on its way: its place at the door, and the parts that it had to do without. One per guarded request, found through its context.</summary>
internal sealed class RequestCourse(HttpContext context, LoadPlace place)
{
    private static readonly Meter Meter = new("Rag");

    private static readonly Counter<long> Degraded =
        Meter.CreateCounter<long>("rag.degraded", "{response}", "Responses that had to do without a part, by its code; a response without two parts counts in both");

    private IReadOnlyList<string> _missing = [];

    /// <summary>Its place at the door.</summary>
    public LoadPlace Place => place;

    /// <summary>The first failure, also of an answer that had begun and ended as an event; null for none.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>What it has taken so far, itself included.</summary>
    public UsageAmounts Used { get; private set; } = new(1, 0, 0, 0, 0, 0, 0);

    /// <summary>The parts that were missing, by their codes.</summary>
    public IReadOnlyList<string> Lacking => _missing;

    /// <summary>Notes something that it took.</summary>
    public void Uses(UsageAmounts amounts) => Used = Used.Plus(amounts);

    /// <summary>The course of a request; one that no gate guards has one of its own that nobody reads.</summary>
    public static RequestCourse Of(HttpContext context) =>
        context.Features.Get<RequestCourse>() ?? new RequestCourse(context, new LoadPlace(null, new Baseline(TimeProvider.System, TimeSpan.Zero), TimeProvider.System));

    /// <summary>Notes parts that are missing, and says so in the header <c>X-Degraded</c> while headers can be written.</summary>
    /// <returns>All that were noted so far, in the order in which they were.</returns>
    public IReadOnlyList<string> Missing(params IReadOnlyList<string>? codes)
    {
        var more = codes is null or { Count: 0 } ? [] : codes.Except(_missing).ToArray();
        if (more.Length == 0)
            return _missing;
        _missing = [.. _missing, .. more];
        if (!context.Response.HasStarted)
            context.Response.Headers["X-Degraded"] = string.Join(", ", _missing);
        return _missing;
    }

    /// <summary>Notes a step of an answer.</summary>
    public AnswerEvent Met(AnswerEvent step)
    {
        switch (step)
        {
            case AnswerText:
                place.FirstWord();
                return step;
            case AnswerCitations { Degraded: var soFar }:
                Missing(soFar);
                return step;
            case AnswerEnd end:
                // How fast the passages' sentences or a cache answer says nothing about the load on an LLM.
                if (end.Timings.Cached || end.Degraded.Any(code => code.StartsWith("generation_", StringComparison.Ordinal)))
                    place.TellsNothing();
                if (!end.Timings.Cached)
                    Uses(new UsageAmounts { PromptTokens = end.PromptTokens, CompletionTokens = end.CompletionTokens });
                return Missing(end.Degraded) is { Count: > 0 } missing ? end with { Degraded = missing } : step;
            default:
                return step;
        }
    }

    /// <summary>Notes a failure.</summary>
    public void Failed(Exception error)
    {
        Failure ??= error;
        if (error is RagException { Error: RagError.Overloaded or RagError.DeadlineExceeded })
            place.Dropped();
    }

    /// <summary>The request is over.</summary>
    public void End(int status)
    {
        place.Leave(status);
        foreach (var code in _missing)
            Degraded.Add(1, new KeyValuePair<string, object?>("code", code));
    }
}
