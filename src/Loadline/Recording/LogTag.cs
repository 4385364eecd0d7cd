namespace Loadline.Recording;

/// <summary>
/// What a histogram of the log holds: <c>operation.outcome.measure.phase</c> (<c>query.ok.response.hold</c>), with the scenario in front where the plan names
/// several (<c>readers/query.ok.response.hold</c>), and behind the phase the spans in which its exchanges were due (<c>query.ok.response.hold+outage</c>).
/// </summary>
/// <param name="Scenario">The scenario; <see cref="DefaultScenario"/> where the plan has one unnamed load.</param>
/// <param name="Operation">The operation; <see cref="Everything"/> for what belongs to none.</param>
/// <param name="Measure">The measure.</param>
/// <param name="Phase">The phase in which its exchanges were due.</param>
/// <param name="Spans">The spans in which they were due.</param>
internal sealed record LogTag(string Scenario, string Operation, Measure Measure, Phase Phase, IReadOnlyList<string> Spans)
{
    /// <summary>The scenario of a plan that names none.</summary>
    public const string DefaultScenario = "default";

    /// <summary>The pseudo-operation for what belongs to none.</summary>
    public const string Everything = "all";

    private static readonly string[] Phases = ["up", "hold", "down"];

    /// <summary>The tag as the log has it.</summary>
    public string Text =>
        $"{(Scenario == DefaultScenario ? "" : Scenario + "/")}{Operation}.{Measures.Tag(Measure)}.{string.Join('+', [Phases[(int)Phase], .. Spans])}";

    /// <summary>Reads a tag; null when it is none of Loadline's.</summary>
    public static LogTag? Read(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var rest = text[(slash + 1)..];
        var (first, last) = (rest.IndexOf('.', StringComparison.Ordinal), rest.LastIndexOf('.'));
        if (first < 0 || first == last || Measures.Find(rest[(first + 1)..last]) is not { } measure)
            return null;
        var when = rest[(last + 1)..].Split('+');
        var phase = Array.IndexOf(Phases, when[0]);
        return phase < 0 ? null : new(slash < 0 ? DefaultScenario : text[..slash], rest[..first], measure, (Phase)phase, when[1..]);
    }
}
