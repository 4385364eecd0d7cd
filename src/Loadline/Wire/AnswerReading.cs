using System.Text.Json;
using Loadline.Targets;

namespace Loadline.Wire;

/// <summary>What has been found in an answer so far, in one piece or event by event. One for each exchange.</summary>
internal sealed class AnswerReading(string? expectedDocument, bool keepAnswer = false)
{
    private const int MostTexts = 10_000;
    private const int MostDegradedParts = 16;
    private const int LongestAnswer = 8192;

    private readonly System.Text.StringBuilder? _answer = keepAnswer ? new() : null;
    private ulong _required;
    private List<string>? _texts;
    private List<string>? _degraded;

    internal bool HasError { get; private set; }

    internal bool Ended { get; private set; }

    internal bool HasDelta { get; set; }

    internal bool ExpectedCited { get; private set; }

    internal int? Tokens { get; private set; }

    internal string? Answer => _answer?.ToString();

    internal string? DocumentId { get; private set; }

    internal IReadOnlyList<string> Degraded => _degraded ?? (IReadOnlyList<string>)[];

    internal IReadOnlyList<string> Texts => _texts ?? (IReadOnlyList<string>)[];

    internal int RequiredSeen => System.Numerics.BitOperations.PopCount(_required);

    /// <summary>Reads an answer, or the values of an event.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    internal void Read(AnswerRules rules, ReadOnlySpan<byte> json)
    {
        var visitor = new Visitor(this, rules);
        rules.Paths.Visit(json, ref visitor);
    }

    /// <summary>Reads an event; afterwards <see cref="HasDelta"/> says whether it held content.</summary>
    /// <exception cref="JsonException">Its data should be JSON and aren't.</exception>
    internal void Read(StreamRules rules, ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        HasDelta = false;
        foreach (var group in rules.Groups)
        {
            if (group.Name is not null && !name.SequenceEqual(group.Name))
                continue;
            foreach (var part in group.Signals)
                Signal(part);
            var literal = false;
            foreach (var (text, part) in group.Literals)
            {
                if (data.SequenceEqual(text))
                {
                    Signal(part);
                    literal = true;
                }
            }
            // An event that stands for itself ([DONE]) need not be JSON.
            if (!literal && group.Values.Rules.Count > 0)
                Read(group.Values, data);
        }
    }

    private void Signal(AnswerPart part)
    {
        if (part == AnswerPart.Error)
            HasError = true;
        else if (part == AnswerPart.End)
            Ended = true;
        else if (part == AnswerPart.Degraded)
            AddDegraded("degraded");
    }

    private void Keep(ref Utf8JsonReader reader)
    {
        if (_answer is not null && reader.TokenType == JsonTokenType.String && _answer.Length < LongestAnswer && reader.GetString() is { } text)
            _answer.Append(text, 0, Math.Min(text.Length, LongestAnswer - _answer.Length));
    }

    private void AddDegraded(string part)
    {
        _degraded ??= [];
        if (_degraded.Count < MostDegradedParts && !_degraded.Contains(part))
            _degraded.Add(part);
    }

    private void Take(int tag, AnswerRule rule, ref Utf8JsonReader reader)
    {
        if (rule.EqualTo is not null ? !EqualTo(rule.EqualTo, ref reader) : !Counts(rule.Part, reader))
            return;
        switch (rule.Part)
        {
            case AnswerPart.Required:
                _required |= 1UL << (tag & 63);
                Keep(ref reader);
                break;
            case AnswerPart.Delta:
                HasDelta = true;
                Keep(ref reader);
                break;
            case AnswerPart.Citation:
                if (expectedDocument is not null && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals(expectedDocument))
                    ExpectedCited = true;
                break;
            case AnswerPart.Tokens:
                if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var tokens) && tokens >= 0)
                    Tokens = tokens;
                break;
            case AnswerPart.Degraded:
                AddDegraded(reader.TokenType == JsonTokenType.String ? reader.GetString()! : "degraded");
                break;
            case AnswerPart.DocumentId:
                DocumentId = Text(ref reader);
                break;
            case AnswerPart.Text:
                if ((_texts ??= []).Count < MostTexts && Text(ref reader) is { } text)
                    _texts.Add(text);
                break;
            default:
                Signal(rule.Part);
                break;
        }
    }

    /// <summary>Whether a value is one at all: not null, false or empty. A required list may be empty; nothing else may.</summary>
    private static bool Counts(AnswerPart part, Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null or JsonTokenType.False:
                return false;
            case JsonTokenType.String:
                return reader.ValueSpan.Length > 0;
            case JsonTokenType.StartArray or JsonTokenType.StartObject when part != AnswerPart.Required:
                return reader.Read() && reader.TokenType is not (JsonTokenType.EndArray or JsonTokenType.EndObject);
            default:
                return true;
        }
    }

    private static bool EqualTo(string expected, ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => reader.ValueTextEquals(expected),
        JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null =>
            System.Text.Ascii.Equals(reader.ValueSpan, expected),
        _ => false,
    };

    private static string? Text(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString(),
        JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False => System.Text.Encoding.UTF8.GetString(reader.ValueSpan),
        _ => null,
    };

    private readonly struct Visitor(AnswerReading reading, AnswerRules rules) : IJsonVisitor
    {
        public void OnValue(int tag, ref Utf8JsonReader reader) => reading.Take(tag, rules.Rules[tag], ref reader);
    }
}
