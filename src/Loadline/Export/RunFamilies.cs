using Loadline.Recording;

namespace Loadline.Export;

/// <summary>The metrics of a run: names, types and meanings, once. <c>docs/prometheus.md</c> is held against this list by a test.</summary>
internal static class RunFamilies
{
    public static readonly MetricFamily Info = new("loadline_run_info", MetricKind.Gauge, "1, with the plan, the target and Loadline's version as labels.");
    public static readonly MetricFamily Started = new("loadline_run_start_timestamp_seconds", MetricKind.Gauge, "When the load began, Unix time.");
    public static readonly MetricFamily Phase = new("loadline_run_phase", MetricKind.Gauge, "1 for the phase that the load is in (up, hold, down), 0 for the others.");
    public static readonly MetricFamily Verdict = new("loadline_run_verdict", MetricKind.Gauge, "1 for the verdict (PASS, WARN, FAIL, INVALID), 0 for the others; with the last values of a run only.");
    public static readonly MetricFamily Objective = new("loadline_objective_holds", MetricKind.Gauge, "1 where an objective holds over the hold phase so far, 0 where it does not; with the last values of a run its verdict, without those that are INVALID.");
    public static readonly MetricFamily Users = new("loadline_users", MetricKind.Gauge, "Users at work.");
    public static readonly MetricFamily PlannedUsers = new("loadline_users_planned", MetricKind.Gauge, "Users of the plan at the height of the load.");
    public static readonly MetricFamily InFlight = new("loadline_requests_in_flight", MetricKind.Gauge, "Requests sent and not ended.");
    public static readonly MetricFamily Requests = new("loadline_requests_total", MetricKind.Counter, "Requests that ended, by outcome (ok, degraded, throttled, failed, timed_out).");
    public static readonly MetricFamily Response = new("loadline_request_duration_seconds", MetricKind.Histogram, "Response time: from the moment a request was due to its end, by outcome.");
    public static readonly MetricFamily Service = new("loadline_request_service_duration_seconds", MetricKind.Histogram, "Service time: from sending to the end, of answered requests.");
    public static readonly MetricFamily FirstToken = new("loadline_time_to_first_token_seconds", MetricKind.Histogram, "From sending to the first content of an answered stream.");
    public static readonly MetricFamily Gap = new("loadline_token_gap_seconds", MetricKind.Histogram, "Between two contents of an answered stream.");
    public static readonly MetricFamily Speed = new("loadline_generation_speed_tokens_per_second", MetricKind.Histogram, "Tokens per second of one answered stream, from its first content on.");
    public static readonly MetricFamily Tokens = new("loadline_tokens_total", MetricKind.Counter, "Tokens received.");
    public static readonly MetricFamily Checked = new("loadline_answers_checked_total", MetricKind.Counter, "Answers that the data can tell right from wrong, by result.");
    public static readonly MetricFamily Searchable = new("loadline_document_searchable_seconds", MetricKind.Histogram, "From an upload's acceptance until it was found searchable, of watched uploads.");
    public static readonly MetricFamily NotSearchable = new("loadline_documents_not_searchable_total", MetricKind.Counter, "Watched uploads that were given up, by the target or by the time-out.");
    public static readonly MetricFamily Felt = new("loadline_felt_duration_seconds", MetricKind.Histogram, "From the first try's due time to the answer in the end, of users that retry.");
    public static readonly MetricFamily Arrivals = new("loadline_arrivals_total", MetricKind.Counter, "Arrivals of open loads, by what became of them (sent, dropped).");
    public static readonly MetricFamily Fault = new("loadline_fault_active", MetricKind.Gauge, "1 while a fault of the plan is in force.");
    public static readonly MetricFamily Lateness = new("loadline_generator_lateness_seconds", MetricKind.Histogram, "How late the load generator itself sent: from due to sending, waits for a free user left out.");
    public static readonly MetricFamily StoodStill = new("loadline_generator_standstill_seconds_total", MetricKind.Counter, "How long the load generator did not run although it was due to, in the hold phase.");
    public static readonly MetricFamily Cpu = new("process_cpu_seconds_total", MetricKind.Counter, "Processor time of the load generator.");
    public static readonly MetricFamily Memory = new("process_resident_memory_bytes", MetricKind.Gauge, "Resident memory of the load generator.");
    public static readonly MetricFamily GcPaused = new("loadline_generator_gc_pause_seconds_total", MetricKind.Counter, "How long garbage collection has held the load generator.");
    public static readonly MetricFamily Pushed = new("loadline_remote_write_samples_total", MetricKind.Counter, "Samples of remote write by what became of them (sent, refused, dropped).");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<MetricFamily> All { get; } =
    [
        Info, Started, Phase, Verdict, Objective, Users, PlannedUsers, InFlight, Requests, Response, Service, FirstToken, Gap, Speed, Tokens, Checked, Searchable,
        NotSearchable, Felt, Arrivals, Fault, Lateness, StoodStill, Cpu, Memory, GcPaused, Pushed,
    ];

    /// <summary>The histogram of a measure, and what its recorded values are multiplied by; null for what is no histogram here.</summary>
    public static (MetricFamily Family, double Unit)? Of(Measure measure) => measure switch
    {
        <= Measure.ResponseTimedOut => (Response, 1e-6),
        Measure.ServiceOk or Measure.ServiceDegraded => (Service, 1e-6),
        Measure.FirstToken => (FirstToken, 1e-6),
        Measure.TokenGap => (Gap, 1e-6),
        Measure.Speed => (Speed, 1e-3),
        Measure.Lateness => (Lateness, 1e-6),
        Measure.Searchable => (Searchable, 1e-6),
        Measure.Felt => (Felt, 1e-6),
        _ => null,
    };
}
