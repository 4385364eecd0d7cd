using Loadline.Plans;
using Loadline.Recording;
using Loadline.Tests.Recording;
using Loadline.Verdicts;
using Loadline.Wire;
using Xunit;
using static Loadline.Tests.Recording.Exchanges;

namespace Loadline.Tests.Verdicts;

/// <summary>What limits and bursts are judged by, each from memory and from the run folder alike.</summary>
public sealed class LimitMetricsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0, "PASS")]
    [InlineData(1, "FAIL")]
    public void A_refusal_without_Retry_After_is_found(int silent, string expected) => Both("throttled.retry_after == 100%", expected, recorder =>
    {
        for (var i = 0; i < 200; i++)
        {
            var refused = Exchange(20 + (i * 0.1), 0.001, Outcome.Throttled, scenario: "readers");
            refused.RetryAfter = i < silent ? null : TimeSpan.FromSeconds(1);
            recorder.Record(refused);
        }
    });

    [Theory]
    [InlineData("refused.silent == 0%", Outcome.Failed, 503, true, "PASS")]
    [InlineData("refused.silent == 0%", Outcome.Failed, 503, false, "FAIL")]
    [InlineData("refused.silent == 0%", Outcome.Failed, 500, false, "PASS")]
    [InlineData("refused.silent == 0%", Outcome.Throttled, 429, false, "FAIL")]
    [InlineData("throttled.retry_after == 100%", Outcome.Failed, 503, false, "INVALID")]
    public void Who_is_refused_for_overload_is_to_be_told_when_to_come_again(string objective, Outcome outcome, int status, bool told, string expected) => Both(objective, expected, recorder =>
    {
        for (var i = 0; i < 200; i++)
        {
            var refused = Exchange(20 + (i * 0.1), 0.001, i < 100 ? Outcome.Ok : outcome, scenario: "readers");
            (refused.Status, refused.RetryAfter) = i < 100 ? (200, null) : (status, told || i < 199 ? TimeSpan.FromSeconds(1) : (TimeSpan?)null);
            recorder.Record(refused);
        }
    });

    [Theory]
    [InlineData("granted.min >= 99", 99, "PASS")]
    [InlineData("granted.min >= 99", 98, "FAIL")]
    [InlineData("granted.max <= 101", 101, "PASS")]
    [InlineData("granted.max <= 101", 102, "FAIL")]
    [InlineData("granted.min >= 99", null, "INVALID")]
    public void One_users_minute_that_is_out_of_bounds_is_found(string objective, int? odd, string expected) => Both(objective, expected, recorder =>
    {
        // In the up phase users have a rested allowance, which is not judged.
        recorder.RecordGranted(Nanoseconds(2), Nanoseconds(62), 150);
        recorder.Record(Exchange(20, 0.1, scenario: "readers"));
        for (var i = 0; i < 50 && odd is not null; i++)
            recorder.RecordGranted(Nanoseconds(12 + (i * 0.1)), Nanoseconds(72 + (i * 0.1)), i == 7 ? odd.Value : 100);
    });

    [Theory]
    [InlineData(100, "PASS")]
    [InlineData(99, "FAIL")]
    public void What_a_burst_left_unanswered_is_found_however_late_the_answers_came(int answered, string expected) => Both("answered{scenario:writers} >= 100 during outage", expected, recorder =>
    {
        for (var i = 0; i < 120; i++)
            recorder.Record(Exchange(40 + (i * 0.1), 30, i < answered ? Outcome.Ok : Outcome.Failed, scenario: "writers"));
        // What others got, and what was due at another time, is not the burst's.
        recorder.Record(Exchange(45, 1, scenario: "readers"));
        recorder.Record(Exchange(39.9, 1, scenario: "writers"));
    }, inMemory: false);

    private void Both(string objective, string expected, Action<Recorder> record, bool inMemory = true)
    {
        using var recorder = RecorderOf(_folder);
        record(recorder);
        for (var at = 1.0; at < 121; at++)
            recorder.Flush(Nanoseconds(at));
        var recorded = recorder.Complete(Nanoseconds(120));
        var context = new ObjectiveContext(Operations)
        {
            Scenarios = new Dictionary<string, IReadOnlyDictionary<string, string>> { ["readers"] = new Dictionary<string, string>(), ["writers"] = new Dictionary<string, string>() },
            Spans = ["outage"],
        };
        var evidence = new Evidence(recorded) { Context = context, Log = Log(_folder) };
        if (inMemory)
            Assert.Equal(expected, Judge.Verdict([new Objective(objective, 1)], evidence, RunHealth.Good).Objectives[0].Result.Word());
        // The same of the folder alone: the hold phase as one window of itself.
        var fromFolder = inMemory ? evidence with { Recorded = recorded with { Hold = Log(_folder).Sum(new Selection()) } } : evidence;
        Assert.Equal(expected, Judge.Verdict([new Objective(objective, 1)], fromFolder, RunHealth.Good).Objectives[0].Result.Word());
    }
}
