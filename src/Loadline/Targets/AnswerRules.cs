namespace Loadline.Targets;

/// <summary>What a value in an answer or event means.</summary>
public enum AnswerPart
{
    /// <summary>The target says that it failed, whatever the status.</summary>
    Error,

    /// <summary>Must be there and be neither null nor an empty text, or the answer is none; an empty list is there.</summary>
    Required,

    /// <summary>A piece of streamed text.</summary>
    Delta,

    /// <summary>The end of a stream; without it the stream was cut.</summary>
    End,

    /// <summary>The id of a document that was cited or found.</summary>
    Citation,

    /// <summary>How many tokens the answer has.</summary>
    Tokens,

    /// <summary>The name of a part that was missing (or true).</summary>
    Degraded,

    /// <summary>The id that the target gave an uploaded document.</summary>
    DocumentId,

    /// <summary>The state of a document that is polled, or a key that was made: text for the caller.</summary>
    Text,
}

/// <summary>One rule: where a value is, what it means, and optionally which value it must have.</summary>
/// <param name="Part">What it means.</param>
/// <param name="Path">Where it is.</param>
/// <param name="EqualTo">The text that the value must have; null when any value counts that is not null, false or empty.</param>
public sealed record AnswerRule(AnswerPart Part, JsonPath Path, string? EqualTo = null);

/// <summary>The rules of an answer that comes in one piece.</summary>
public sealed class AnswerRules
{
    /// <summary>Rules in the order of the profile; empty for "the status says it all".</summary>
    public AnswerRules(IReadOnlyList<AnswerRule> rules)
    {
        Rules = rules;
        Paths = new JsonPathSet(rules.Select((rule, tag) => (rule.Path, tag)));
        Required = rules.Count(rule => rule.Part == AnswerPart.Required);
        KnowsCitations = rules.Any(rule => rule.Part == AnswerPart.Citation);
    }

    /// <summary>The rules.</summary>
    public IReadOnlyList<AnswerRule> Rules { get; }

    internal JsonPathSet Paths { get; }

    internal int Required { get; }

    internal bool KnowsCitations { get; }
}

/// <summary>What an event means: all that is given must hold.</summary>
/// <param name="Part">What it means.</param>
/// <param name="Event">The event's name; null for any.</param>
/// <param name="Data">The exact data, such as <c>[DONE]</c>; null for any.</param>
/// <param name="Path">Where its value is; null when the event itself is the message.</param>
/// <param name="EqualTo">The text that the value must have; null when any counts that is not null, false or empty.</param>
public sealed record EventRule(AnswerPart Part, string? Event, string? Data, JsonPath? Path, string? EqualTo);

/// <summary>The rules of a stream, grouped so that an event is parsed once whatever the number of rules.</summary>
public sealed class StreamRules
{
    /// <summary>Rules in the order of the profile.</summary>
    public StreamRules(IReadOnlyList<EventRule> rules)
    {
        Rules = rules;
        Groups = [.. rules.GroupBy(rule => rule.Event).Select(group => new EventGroup(group.Key, [.. group]))];
        KnowsCitations = rules.Any(rule => rule.Part == AnswerPart.Citation);
    }

    /// <summary>The rules.</summary>
    public IReadOnlyList<EventRule> Rules { get; }

    internal EventGroup[] Groups { get; }

    internal bool KnowsCitations { get; }

    /// <summary>The rules of one event name.</summary>
    internal sealed class EventGroup
    {
        internal EventGroup(string? name, EventRule[] rules)
        {
            Name = name is null ? null : System.Text.Encoding.UTF8.GetBytes(name);
            Literals = [.. rules.Where(rule => rule.Data is not null).Select(rule => (System.Text.Encoding.UTF8.GetBytes(rule.Data!), rule.Part))];
            Signals = [.. rules.Where(rule => rule.Data is null && rule.Path is null).Select(rule => rule.Part)];
            Values = new AnswerRules([.. rules.Where(rule => rule.Data is null && rule.Path is not null).Select(rule => new AnswerRule(rule.Part, rule.Path!, rule.EqualTo))]);
        }

        internal byte[]? Name { get; }

        internal (byte[] Data, AnswerPart Part)[] Literals { get; }

        internal AnswerPart[] Signals { get; }

        internal AnswerRules Values { get; }
    }
}
