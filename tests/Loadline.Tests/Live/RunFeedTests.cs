using System.Text.Json;
using Loadline.Live;
using Loadline.Reports;
using Loadline.Runs;
using Loadline.Tests.Reports;
using Xunit;

namespace Loadline.Tests.Live;

/// <summary>What a live page is told of a run folder, look by look.</summary>
public sealed class RunFeedTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("loadline-feed-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Each_look_brings_the_lines_since_the_last_one_and_a_line_without_its_end_waits()
    {
        var points = SampleRun.Make().Series;
        var series = Path.Combine(_folder, RunFolder.Series);
        var feed = new RunFeed(_folder, TimeProvider.System);
        Assert.Empty(Seconds(feed));
        File.WriteAllText(series, RunJson.Write(points[0]) + "\n" + RunJson.Write(points[1])[..20]);
        Assert.Equal([0], Seconds(feed));
        Assert.Empty(Seconds(feed));
        File.AppendAllText(series, RunJson.Write(points[1])[20..] + "\n" + RunJson.Write(points[2]) + "\n");
        Assert.Equal([1, 2], Seconds(feed));
        Assert.False(feed.IsOver);
    }

    [Fact]
    public void Faults_are_told_with_their_times_and_never_with_what_undoes_them()
    {
        File.WriteAllLines(Path.Combine(_folder, "faults.jsonl"), [Step("injecting", 0), Step("injected", 1), Step("undone", 5)]);
        using var news = JsonDocument.Parse(new RunFeed(_folder, TimeProvider.System).Next(null));
        var fault = Assert.Single(news.RootElement.GetProperty("faults").EnumerateArray());
        Assert.Equal(("outage", "undone"), (fault.GetProperty("id").GetString(), fault.GetProperty("state").GetString()));
        Assert.Equal(4, (fault.GetProperty("ended").GetDateTimeOffset() - fault.GetProperty("began").GetDateTimeOffset()).TotalSeconds);
        Assert.DoesNotContain("secret", news.RootElement.GetRawText());

        static string Step(string state, int second) =>
            $$"""{"id":"outage","state":"{{state}}","at":"2026-05-04T10:00:0{{second}}+00:00","until":"2026-05-04T10:00:09+00:00","what":"rag stands still","undo":[{"do":"shell","line":"secret"}],"by":"run"}""";
    }

    [Fact]
    public void A_run_is_over_when_its_summary_its_report_and_all_its_lines_have_been_told()
    {
        var feed = new RunFeed(_folder, TimeProvider.System);
        SampleRun.Write(SampleRun.Make("INVALID", seconds: 1800), _folder);
        ReportWriter.WriteAll(_folder);
        var looks = 0;
        while (!feed.IsOver && looks < 100)
        {
            feed.Next(null);
            looks++;
        }
        Assert.InRange(looks, 2, 20);
    }

    private static List<int> Seconds(RunFeed feed)
    {
        using var news = JsonDocument.Parse(feed.Next(null));
        return [.. news.RootElement.GetProperty("series").EnumerateArray().Select(point => point.GetProperty("t").GetInt32())];
    }
}
