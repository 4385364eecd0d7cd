using System.Text;

namespace Loadline.Targets;

/// <summary>What an event means: all that is given must hold.</summary>
/// <param name="Part">What it means.</param>
/// <param name="Event">The event's name; null for any.</param>
/// <param name="Data">The exact data, such as <c>[DONE]</c>; null for any.</param>
/// <param name="Path">Where its value is; null when the event itself is the message.</param>
/// <param name="EqualTo">The text that the value must have; null when any counts that is not null, false or empty.</param>
/// <param name="NotEqualTo">The text that the value must not have; null for any.</param>
/// <param name="When">What must hold of the same event's data besides; null for nothing.</param>
/// <param name="Cumulative">Of a delta: each value is the whole text so far, and what it has grown by is the piece.</param>
public sealed record EventRule(
    AnswerPart Part, string? Event, string? Data, JsonPath? Path, string? EqualTo, string? NotEqualTo = null, AnswerCondition? When = null, bool Cumulative = false);

/// <summary>The rules of a stream, grouped so that an event is parsed once whatever the number of rules.</summary>
public sealed class StreamRules
{
    /// <summary>Rules in the order of the profile.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="endsByClosing">Whether a body that ends as HTTP says it should is the end: for streams without an end marker.</param>
    public StreamRules(IReadOnlyList<EventRule> rules, bool endsByClosing = false)
    {
        Rules = rules;
        EndsByClosing = endsByClosing;
        Groups = [.. rules.GroupBy(rule => rule.Event).Select(group => new EventGroup(group.Key, [.. group]))];
        KnowsCitations = rules.Any(rule => rule.Part == AnswerPart.Citation);
    }

    /// <summary>The rules.</summary>
    public IReadOnlyList<EventRule> Rules { get; }

    /// <summary>Whether the stream has no end marker, and its body's proper end is the end. A cut can be told only where HTTP tells it: with chunks or a length.</summary>
    public bool EndsByClosing { get; }

    internal EventGroup[] Groups { get; }

    internal bool KnowsCitations { get; }

    /// <summary>The rules of one event name.</summary>
    internal sealed class EventGroup
    {
        internal EventGroup(string? name, EventRule[] rules)
        {
            Name = name is null ? null : Encoding.UTF8.GetBytes(name);
            Literals = [.. rules.Where(rule => rule.Data is not null).Select(rule => (Encoding.UTF8.GetBytes(rule.Data!), rule.Part))];
            Signals = [.. rules.Where(rule => rule.Data is null && rule.Path is null).Select(rule => rule.Part)];
            Values = new AnswerRules(
            [
                .. rules.Where(rule => rule.Data is null && rule.Path is not null)
                    .Select(rule => new AnswerRule(rule.Part, rule.Path!, rule.EqualTo, rule.NotEqualTo, null, rule.When, rule.Cumulative)),
            ]);
        }

        internal byte[]? Name { get; }

        internal (byte[] Data, AnswerPart Part)[] Literals { get; }

        internal AnswerPart[] Signals { get; }

        internal AnswerRules Values { get; }
    }
}
