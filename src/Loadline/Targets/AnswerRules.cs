namespace Loadline.Targets;

/// <summary>What a value in an answer or event means.</summary>
public enum AnswerPart
{
    /// <summary>The target says that it failed, whatever the status.</summary>
    Error,

    /// <summary>The target says that a limit refused the request, whatever the status.</summary>
    Throttled,

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

    /// <summary>What to ask for an upload's state with, where that is not the document's id: a job, a batch.</summary>
    DocumentHandle,

    /// <summary>The state of a document that is polled, or a key that was made: text for the caller.</summary>
    Text,

    /// <summary>A value that later requests need; the rule's label is the variable.</summary>
    Capture,
}

/// <summary>One rule: where a value is, what it means, and optionally which value it must have.</summary>
/// <param name="Part">What it means.</param>
/// <param name="Path">Where it is.</param>
/// <param name="EqualTo">The text that the value must have; null when any value counts that is not null, false or empty.</param>
/// <param name="NotEqualTo">The text that the value must not have; null for any. A value that is not there matches nothing.</param>
/// <param name="Label">For text, what the caller gets in place of the value; for a capture, the variable's name.</param>
/// <param name="When">What must hold of the same answer or event besides; null for nothing.</param>
/// <param name="Cumulative">Of a delta: each value is the whole text so far, and what it has grown by is the piece.</param>
public sealed record AnswerRule(
    AnswerPart Part, JsonPath Path, string? EqualTo = null, string? NotEqualTo = null, string? Label = null, AnswerCondition? When = null, bool Cumulative = false);

/// <summary>What must hold of an answer or event for a rule to count.</summary>
/// <param name="Path">Where the value is.</param>
/// <param name="EqualTo">The text that it must have.</param>
public sealed record AnswerCondition(JsonPath Path, string EqualTo);

/// <summary>The rules of an answer that comes in one piece, or of the values of an event.</summary>
public sealed class AnswerRules
{
    /// <summary>At most as many conditions in one answer's rules: they are bits of one number.</summary>
    internal const int MostConditions = 32;

    /// <summary>Rules in the order of the profile; empty for "the status says it all".</summary>
    public AnswerRules(IReadOnlyList<AnswerRule> rules)
    {
        Rules = rules;
        Paths = new JsonPathSet(rules.Select((rule, tag) => (rule.Path, tag)));
        Required = rules.Count(rule => rule.Part == AnswerPart.Required);
        KnowsCitations = rules.Any(rule => rule.Part == AnswerPart.Citation);
        Conditions = [.. rules.Select(rule => rule.When).OfType<AnswerCondition>().Distinct()];
        if (Conditions.Length > 0)
        {
            ConditionPaths = new JsonPathSet(Conditions.Select((condition, tag) => (condition.Path, tag)));
            ConditionOf = [.. rules.Select(rule => rule.When is { } condition ? Array.IndexOf(Conditions, condition) : -1)];
        }
    }

    /// <summary>The rules.</summary>
    public IReadOnlyList<AnswerRule> Rules { get; }

    internal JsonPathSet Paths { get; }

    internal int Required { get; }

    internal bool KnowsCitations { get; }

    /// <summary>What rules depend on; they are looked up in a pass of their own, since a value may stand before what decides whether it counts.</summary>
    internal AnswerCondition[] Conditions { get; }

    internal JsonPathSet? ConditionPaths { get; }

    /// <summary>For each rule the index of its condition, or −1; null when no rule has one.</summary>
    internal int[]? ConditionOf { get; }
}
