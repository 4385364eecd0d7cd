using Loadline.Recording;
using Loadline.Reports;
using Loadline.Runs;
using Loadline.Wire;
using Xunit;

namespace Loadline.Tests.Reports;

/// <summary>Latency histograms of a report, made from a run folder's histogram log.</summary>
public class LatencySpreadTests
{
    private const long Second = 1_000_000_000, Millisecond = 1_000_000;

    [Fact]
    public void Histograms_hold_every_exchange_of_the_hold_phase_behind_its_warm_up_in_its_step()
    {
        var folder = Directory.CreateTempSubdirectory("loadline-spread-").FullName;
        var times = PhaseTimes.Of(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2));
        using (var recorder = new Recorder(new RecorderOptions { Operations = ["query"], Times = times, Folder = folder }))
        {
            // Before the hold phase, in the warm-up's second, and after the phase: none of these counts.
            foreach (var due in new[] { Second, 2 * Second, 13 * Second })
                recorder.Record(Exchange(due, 5 * Millisecond));
            for (var i = 0; i < 40; i++)
                recorder.Record(Exchange((4 * Second) + (i * 100 * Millisecond), i < 30 ? 10 * Millisecond : 100 * Millisecond));
            recorder.Record(Exchange(9 * Second, 300 * Millisecond, Outcome.Failed));
            recorder.Complete(14 * Second);
        }
        var summary = SampleRun.Make().Summary with
        {
            Phases = [new("up", 0, 2), new("hold", 2, 12), new("down", 12, 14)],
            WarmUp = new(2, 3, "it was slower", true),
            Operations = [SampleRun.Make().Summary.Operations[0] with { Name = "query" }],
        };
        var spread = LatencySpread.Read(folder, summary);
        Assert.Equal(["query"], spread.Keys);
        // 10 ms is 10^4 µs, the 80th twentieth of a decade; 100 ms the 100th.
        var answered = spread["query"]["answered"];
        Assert.Equal((80, 21), (answered.From, answered.Counts.Count));
        Assert.Equal((30L, 10L, 40L), (answered.Counts[0], answered.Counts[^1], answered.Counts.Sum()));
        Assert.Equal([1L], spread["query"]["not answered"].Counts);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_folder_without_a_histogram_log_has_no_histograms_and_one_that_is_damaged_is_told()
    {
        var folder = SampleRun.Write(SampleRun.Make());
        Assert.Empty(RunReader.Load(folder).Spread);
        File.WriteAllText(Path.Combine(folder, RunFolder.Histograms), "Tag=query.ok.response.hold,20,1,1,AAAA\n");
        Assert.Contains("is damaged", Assert.Throws<RunFolderException>(() => RunReader.Load(folder)).Message);
        Directory.Delete(folder, recursive: true);
    }

    private static Exchange Exchange(long due, long took, Outcome outcome = Outcome.Ok) => new() { Operation = "query", Scenario = "default", User = 0, Due = due, Sent = due, End = due + took, Outcome = outcome };
}
