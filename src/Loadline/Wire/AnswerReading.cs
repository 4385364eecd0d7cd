using System.Text.Json;
using Loadline.Targets;

namespace Loadline.Wire;

/// <summary>What has been found in an answer so far, in one piece or event by event. Used again for one exchange after another.</summary>
internal sealed class AnswerReading
{
    private const int MostTexts = 10_000;
    private const int MostDegradedParts = 16;
    internal const int LongestAnswer = 8192;

    private System.Text.StringBuilder? _answer;
    private System.Text.Decoder? _decoder;
    private ulong _required;
    private string? _expectedDocument;
    private List<string>? _texts;
    private List<string>? _degraded;
    private Dictionary<string, VariableValue>? _captures;
    private uint _conditions;

    // The last cumulative text as the JSON has it, escapes and all: what grows by appending grows by appending there too.
    private byte[] _whole = [];
    private int _wholeLength;

    internal bool HasError { get; private set; }

    internal bool IsThrottled { get; private set; }

    internal bool Ended { get; private set; }

    internal bool HasDelta { get; set; }

    internal bool ExpectedCited { get; private set; }

    internal int? Tokens { get; private set; }

    internal string? Answer => _answer?.ToString();

    internal string? DocumentId { get; private set; }

    internal string? DocumentHandle { get; private set; }

    internal IReadOnlyDictionary<string, VariableValue>? Captures => _captures;

    internal IReadOnlyList<string> Degraded => _degraded ?? (IReadOnlyList<string>)[];

    internal IReadOnlyList<string> Texts => _texts ?? (IReadOnlyList<string>)[];

    internal int RequiredSeen => System.Numerics.BitOperations.PopCount(_required);

    /// <summary>Forgets everything, for another exchange. What was handed out stays the taker's.</summary>
    /// <param name="expectedDocument">The document that must be cited; null when nobody knows.</param>
    /// <param name="keepAnswer">Whether the answer's text is wanted.</param>
    internal void Reset(string? expectedDocument, bool keepAnswer = false)
    {
        _answer = keepAnswer ? new() : null;
        _decoder?.Reset();
        (_required, _expectedDocument, _texts, _degraded, _captures, _conditions, _wholeLength) = (0, expectedDocument, null, null, null, 0, 0);
        (HasError, IsThrottled, Ended, HasDelta, ExpectedCited, Tokens, DocumentId, DocumentHandle) = (false, false, false, false, false, null, null, null);
    }

    /// <summary>Reads an answer, or the values of an event.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    internal void Read(AnswerRules rules, ReadOnlySpan<byte> json)
    {
        if (rules.ConditionPaths is { } conditions)
        {
            _conditions = 0;
            var decider = new Decider(this, rules);
            conditions.Visit(json, ref decider);
        }
        var visitor = new Visitor(this, rules);
        rules.Paths.Visit(json, ref visitor);
    }

    /// <summary>Takes what a setup step wants from the response's head.</summary>
    internal void Capture(string variable, string value) => (_captures ??= [])[variable] = new VariableValue(value);

    /// <summary>Reads an event; afterwards <see cref="HasDelta"/> says whether it held content.</summary>
    /// <exception cref="JsonException">Its data should be JSON and aren't.</exception>
    internal void Read(StreamRules rules, ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        HasDelta = false;
        var literal = false;
        foreach (var group in rules.Groups)
        {
            if (!IsFor(group, name))
                continue;
            foreach (var part in group.Signals)
                Signal(part);
            foreach (var (text, part) in group.Literals)
            {
                if (data.SequenceEqual(text))
                {
                    Signal(part);
                    literal = true;
                }
            }
        }
        // An event that stands for itself ([DONE]) need not be JSON.
        if (literal)
            return;
        foreach (var group in rules.Groups)
        {
            if (group.Values.Rules.Count == 0 || !IsFor(group, name))
                continue;
            try
            {
                Read(group.Values, data);
            }
            catch (JsonException) when (Ended)
            {
                // The same of an event whose name is the message.
            }
        }
    }

    private static bool IsFor(StreamRules.EventGroup group, ReadOnlySpan<byte> name) => group.Name is null || name.SequenceEqual(group.Name);

    private void Signal(AnswerPart part)
    {
        if (part == AnswerPart.Error)
            HasError = true;
        else if (part == AnswerPart.Throttled)
            IsThrottled = true;
        else if (part == AnswerPart.End)
            Ended = true;
        else if (part == AnswerPart.Degraded)
            AddDegraded("degraded");
    }

    /// <summary>Takes a piece of an answer that streams as bare text; a character may be cut between two.</summary>
    internal void Keep(ReadOnlySpan<byte> piece)
    {
        if (_answer is null || _answer.Length >= LongestAnswer)
            return;
        _decoder ??= System.Text.Encoding.UTF8.GetDecoder();
        var characters = new char[_decoder.GetCharCount(piece, flush: false)];
        var count = _decoder.GetChars(piece, characters, flush: false);
        _answer.Append(characters, 0, Math.Min(count, LongestAnswer - _answer.Length));
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
        if (!Matches(rule, ref reader))
            return;
        switch (rule.Part)
        {
            case AnswerPart.Required:
                _required |= 1UL << (tag & 63);
                Keep(ref reader);
                break;
            case AnswerPart.Delta:
                HasDelta |= !rule.Cumulative || HasGrown(ref reader);
                // Each one is the whole answer so far.
                if (rule.Cumulative)
                    _answer?.Clear();
                Keep(ref reader);
                break;
            case AnswerPart.Citation:
                if (_expectedDocument is not null && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals(_expectedDocument))
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
            case AnswerPart.DocumentHandle:
                DocumentHandle = Text(ref reader);
                break;
            case AnswerPart.Text:
                if ((_texts ??= []).Count < MostTexts && (rule.Label ?? Text(ref reader)) is { } text)
                    _texts.Add(text);
                break;
            case AnswerPart.Capture:
                if (Text(ref reader) is { } value)
                    (_captures ??= [])[rule.Label!] = new VariableValue(value, reader.TokenType != JsonTokenType.String);
                break;
            default:
                Signal(rule.Part);
                break;
        }
    }

    private static bool Matches(AnswerRule rule, ref Utf8JsonReader reader)
    {
        if (rule.EqualTo is not null)
            return EqualTo(rule.EqualTo, ref reader);
        return rule.NotEqualTo is not null ? !EqualTo(rule.NotEqualTo, ref reader) : Counts(rule.Part, reader);
    }

    /// <summary>Whether a text that holds the whole answer so far holds more than the last one. One that was rewritten in place is no new piece.</summary>
    private bool HasGrown(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
            return false;
        var text = reader.ValueSpan;
        var grown = text.Length > _wholeLength && text.StartsWith(_whole.AsSpan(0, _wholeLength));
        if (_whole.Length < text.Length)
            _whole = new byte[Math.Max(text.Length * 2, 256)];
        text.CopyTo(_whole);
        _wholeLength = text.Length;
        return grown;
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

    private readonly struct Decider(AnswerReading reading, AnswerRules rules) : IJsonVisitor
    {
        public void OnValue(int tag, ref Utf8JsonReader reader)
        {
            if (EqualTo(rules.Conditions[tag].EqualTo, ref reader))
                reading._conditions |= 1u << tag;
        }
    }

    private readonly struct Visitor(AnswerReading reading, AnswerRules rules) : IJsonVisitor
    {
        public void OnValue(int tag, ref Utf8JsonReader reader)
        {
            if (rules.ConditionOf?[tag] is not (null or < 0) and var condition && (reading._conditions & (1u << condition)) == 0)
                return;
            reading.Take(tag, rules.Rules[tag], ref reader);
        }
    }
}
