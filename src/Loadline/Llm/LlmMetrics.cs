using System.Globalization;
using System.Text;

namespace Loadline.Llm;

/// <summary>Counts what the simulated LLM did, and says it in Prometheus' text format.</summary>
internal sealed class LlmMetrics
{
    private static readonly double[] Buckets = [0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 3, 5, 10, 30, 60];
    private readonly long[] _requests = new long[Enum.GetValues<RequestEnd>().Length];
    private readonly long[] _firstTokenBuckets = new long[Buckets.Length + 1];
    private long _firstTokenTicks, _tokens, _promptTokens, _lateCount, _lateTicks, _lateMax;

    public void Request(RequestEnd end) => Interlocked.Increment(ref _requests[(int)end]);

    public void PromptTokens(int count) => Interlocked.Add(ref _promptTokens, count);

    /// <summary>The loop alone calls this.</summary>
    public void Tokens(int count) => Volatile.Write(ref _tokens, _tokens + count);

    /// <summary>The loop alone calls this: how long after its due time a write came; negative (written with its tick, early) counts as 0.</summary>
    public void Lateness(long ticks)
    {
        ticks = Math.Max(0, ticks);
        _lateCount++;
        _lateTicks += ticks;
        _lateMax = Math.Max(_lateMax, ticks);
    }

    /// <summary>The loop alone calls this: from the request's arrival, so with its time in the queue.</summary>
    public void FirstToken(long ticks)
    {
        var bucket = Array.BinarySearch(Buckets, Seconds(ticks));
        _firstTokenBuckets[bucket < 0 ? ~bucket : bucket]++;
        _firstTokenTicks += ticks;
    }

    public string Render(int busy, int slots, int queued, int queue)
    {
        var text = new StringBuilder(2048);
        void Family(string name, string type, string help) => text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        void Line(string name, double value) => text.Append(name).Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');

        Family("llm_requests_total", "counter", "Requests by how they ended.");
        foreach (var end in Enum.GetValues<RequestEnd>())
            Line($"llm_requests_total{{end=\"{end.ToString().ToLowerInvariant()}\"}}", Volatile.Read(ref _requests[(int)end]));
        Family("llm_tokens_total", "counter", "Tokens generated.");
        Line("llm_tokens_total", Volatile.Read(ref _tokens));
        Family("llm_prompt_tokens_total", "counter", "Tokens of accepted prompts.");
        Line("llm_prompt_tokens_total", Volatile.Read(ref _promptTokens));
        Family("llm_busy_slots", "gauge", "Answers being generated.");
        Line("llm_busy_slots", busy);
        Family("llm_slots", "gauge", "Answers that can be generated at once.");
        Line("llm_slots", slots);
        Family("llm_queue_length", "gauge", "Requests that wait for a slot.");
        Line("llm_queue_length", queued);
        Family("llm_queue_limit", "gauge", "Requests that may wait for a slot.");
        Line("llm_queue_limit", queue);
        Family("llm_time_to_first_token_seconds", "histogram", "From a request's arrival to its first token, its time in the queue included.");
        long count = 0;
        for (var i = 0; i < Buckets.Length; i++)
            Line($"llm_time_to_first_token_seconds_bucket{{le=\"{Buckets[i].ToString(CultureInfo.InvariantCulture)}\"}}", count += Volatile.Read(ref _firstTokenBuckets[i]));
        count += Volatile.Read(ref _firstTokenBuckets[^1]);
        Line("llm_time_to_first_token_seconds_bucket{le=\"+Inf\"}", count);
        Line("llm_time_to_first_token_seconds_sum", Seconds(Volatile.Read(ref _firstTokenTicks)));
        Line("llm_time_to_first_token_seconds_count", count);
        Family("llm_write_lateness_seconds", "summary", "How long after its due time a token was written: the simulator's own error.");
        Line("llm_write_lateness_seconds_sum", Seconds(Volatile.Read(ref _lateTicks)));
        Line("llm_write_lateness_seconds_count", Volatile.Read(ref _lateCount));
        Family("llm_write_lateness_max_seconds", "gauge", "The greatest lateness so far.");
        Line("llm_write_lateness_max_seconds", Seconds(Volatile.Read(ref _lateMax)));
        return text.ToString();
    }

    private static double Seconds(long ticks) => ticks / (double)TimeSpan.TicksPerSecond;
}

/// <summary>How a request ended.</summary>
internal enum RequestEnd
{
    /// <summary>Answered in full.</summary>
    Ok,

    /// <summary>Not a valid request: 400, 404, 405, 413.</summary>
    Invalid,

    /// <summary>Slots and queue were full: 429.</summary>
    Refused,

    /// <summary>Failed on purpose: 500.</summary>
    Failed,

    /// <summary>Broken off on purpose.</summary>
    Cut,

    /// <summary>The client left.</summary>
    Cancelled,
}
