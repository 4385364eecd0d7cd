using System.Collections.Concurrent;
using System.Text.Json;
using Loadline.Targets;
using Microsoft.AspNetCore.Http;

namespace Loadline.Tests.Targets.Speakers;

/// <summary>
/// A small server that speaks one product's API as its documentation and published sources describe it, as far as the shipped profile uses it: setup, uploads,
/// states, questions, streams, errors. It is not the product: what the product does beyond its documentation it can't show.
/// </summary>
internal abstract class Speaker
{
    /// <summary>A text that no part of a run may show.</summary>
    internal const string Planted = "planted-s3cret/\"+value";

    private static readonly ConcurrentDictionary<string, TargetProfile> Profiles = [];

    private int _ids;

    /// <summary>The profile's name.</summary>
    internal abstract string Name { get; }

    /// <summary>What the profile wants from the environment.</summary>
    internal virtual IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>();

    /// <summary>What a question gets.</summary>
    internal Mood Mood { get; set; }

    /// <summary>How a refusal for good is seen: most answer with a status, some with 200 and an error inside.</summary>
    internal virtual string ErrorReason => "http_500";

    /// <summary>The same of a stream that was asked for.</summary>
    internal virtual string StreamErrorReason => "stream_error";

    /// <summary>Documents by the id that the target gave them.</summary>
    internal ConcurrentDictionary<string, string> Documents { get; } = [];

    /// <summary>What setup made and teardown has to remove.</summary>
    internal ConcurrentDictionary<string, string> Made { get; } = [];

    /// <summary>Whether the answer names what it rests on.</summary>
    internal virtual bool Cites => true;

    /// <summary>The tokens that the target itself reports for an answer; null when it reports none.</summary>
    internal virtual int? Tokens => null;

    /// <summary>A whole stream: its events, and which of them bring text.</summary>
    internal abstract IEnumerable<(string Text, bool Content)> Stream(IReadOnlyList<string> pieces, string cited);

    /// <summary>The event that says that the answer failed.</summary>
    internal abstract string StreamedError { get; }

    internal virtual string StreamType => "text/event-stream";

    internal static TargetProfile ProfileOf(string name) =>
        Profiles.GetOrAdd(name, static name => TargetProfileReader.ReadFile(Path.Combine(TargetProfileReaderTests.Profiles, name + ".yaml")));

    internal abstract Task HandleAsync(HttpContext context);

    protected string NewId(string prefix) => prefix + Interlocked.Increment(ref _ids);

    /// <summary>The document whose thing the question is about.</summary>
    protected string? Find(string question)
    {
        var thing = question.Split(' ')[^1].TrimEnd('?');
        return Documents.FirstOrDefault(document => document.Value.Contains(thing, StringComparison.Ordinal)).Key;
    }

    protected static async Task<JsonElement> BodyAsync(HttpContext context) => (await JsonDocument.ParseAsync(context.Request.Body)).RootElement;

    protected static Task AnswerAsync(HttpContext context, object answer, int status = 200)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(answer);
    }

    protected static async Task<(string Name, string Text)> FileAsync(HttpContext context, string field)
    {
        var file = (await context.Request.ReadFormAsync()).Files.GetFile(field)!;
        using var reader = new StreamReader(file.OpenReadStream());
        return (file.FileName, await reader.ReadToEndAsync());
    }

    /// <summary>Writes an answer's stream, a few bytes at a time.</summary>
    protected async Task StreamAsync(HttpContext context, string cited)
    {
        context.Response.ContentType = StreamType;
        var events = Mood == Mood.Failing
            ? Stream(["It "], cited).Select(one => one.Text).Take(1 + Stream(["It "], cited).TakeWhile(one => !one.Content).Count()).Append(StreamedError)
            : Stream(["It ", "marks ", "the ", "depth."], cited).Select(one => one.Text);
        foreach (var part in string.Concat(events).Chunk(11))
        {
            await context.Response.WriteAsync(new string(part));
            await context.Response.Body.FlushAsync();
        }
    }

    protected static string Sse(object data, string? name = null, string space = " ") =>
        (name is null ? "" : $"event: {name}\n") + $"data:{space}{JsonSerializer.Serialize(data)}\n\n";
}

internal enum Mood
{
    Answering,
    Failing,
    Throttling,
}
