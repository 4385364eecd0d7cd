namespace Loadline.Plans;

/// <summary>
/// What the users of a closed load offer: users ÷ (mean think time + mean response time). The response time can't be known before the run; it is estimated from the
/// simulated LLM's timing, all slots half busy, and a guess for everything else.
/// </summary>
public sealed record OfferedRate
{
    /// <summary>The guess for an exchange without an LLM, and for a query's share that isn't the LLM's.</summary>
    public static readonly TimeSpan OtherWork = TimeSpan.FromMilliseconds(50);

    private OfferedRate(Load load, LlmModel? llm)
    {
        var queryShare = load.Mix.GetValueOrDefault("query") / load.Mix.Values.Sum();
        Response = OtherWork.TotalSeconds + queryShare * Generation(llm);
        // From one request to the next: never less than the response takes.
        var apart = Math.Max(Response, (load.Pace?.Mean ?? load.Think.Mean + Response) / load.Intensity);
        var fastest = (load.Pace?.Mean ?? load.Think.Mean) / load.Intensity;
        Ceiling = fastest > 0 ? load.Users / fastest : double.PositiveInfinity;
        PerSecond = load.Users / apart;
    }

    /// <summary>Mean seconds of an exchange, estimated.</summary>
    public double Response { get; }

    /// <summary>Requests per second while all users are active, estimated.</summary>
    public double PerSecond { get; }

    /// <summary>Requests per second if every answer came at once; infinite without think time.</summary>
    public double Ceiling { get; }

    /// <summary>Estimates a plan's rate, of its load as a whole.</summary>
    public static OfferedRate Of(Plan plan) => new(plan.Load, plan.Llm);

    /// <summary>Estimates a closed load's rate.</summary>
    public static OfferedRate Of(Load load, LlmModel? llm) => new(load, llm);

    private static double Generation(LlmModel? llm) => llm is null
        ? 0
        : llm.FirstToken.Mean + Math.Max(0, llm.OutputTokens.Mean - 1) * llm.PerToken.Mean * (1 + llm.LoadFactor / 2);
}
