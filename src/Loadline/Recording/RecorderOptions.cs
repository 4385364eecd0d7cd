namespace Loadline.Recording;

/// <summary>What a recorder needs to know of its run.</summary>
public sealed record RecorderOptions
{
    /// <summary>The operations of the plan's mix, in its order.</summary>
    public required IReadOnlyList<string> Operations { get; init; }

    /// <summary>Names of the plan's scenarios; an exchange names one of them. A plan with one unnamed load has <c>default</c>.</summary>
    public IReadOnlyList<string> Scenarios { get; init; } = [LogTag.DefaultScenario];

    /// <summary>Named stretches of the run, at most 250; they may overlap.</summary>
    public IReadOnlyList<RunSpan> Spans { get; init; } = [];

    /// <summary>Called with each second that is over and the histograms of it, as the log has them; on the flusher's thread. Only with a folder.</summary>
    public Action<long, IReadOnlyList<LoggedHistogram>>? SecondIsOver { get; init; }

    /// <summary>The phases.</summary>
    public required PhaseTimes Times { get; init; }

    /// <summary>The run folder; null writes no files.</summary>
    public string? Folder { get; init; }

    /// <summary>When the run began, for the histogram log.</summary>
    public DateTimeOffset StartedAt { get; init; } = DateTimeOffset.UnixEpoch;

    /// <summary>The plan's seed: which failed exchanges are kept is drawn from it.</summary>
    public ulong Seed { get; init; }

    /// <summary>How many users are active now; asked once a second.</summary>
    public Func<int> ActiveUsers { get; init; } = () => 0;

    /// <summary>Processes now, or null when there is nothing new; asked once a second.</summary>
    public Func<IReadOnlyDictionary<string, SeriesProcess>?> Processes { get; init; } = () => null;

    /// <summary>Is told of exchanges and uploads too, for metrics of recovery; null in a run without faults.</summary>
    public FaultWatch? Faults { get; init; }

    /// <summary>Where a trace can be looked at, with <c>{trace_id}</c> for its id; null for nowhere.</summary>
    public string? TraceUrl { get; init; }

    /// <summary>In how many places threads record; more than processors is of no use.</summary>
    public int Stripes { get; init; } = Math.Min(Environment.ProcessorCount, 16);
}
