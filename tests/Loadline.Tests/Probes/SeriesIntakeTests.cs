using System.Text;
using Loadline.Probes;
using Loadline.Recording;
using Loadline.Targets;
using Xunit;

namespace Loadline.Tests.Probes;

/// <summary>From the lines of one endpoint to metrics: the arithmetic is beside each case.</summary>
public class SeriesIntakeTests
{
    [Fact]
    public void A_gauge_is_its_value_scaled_and_parts_of_one_key_are_taken_together()
    {
        var point = Look("queue.depth: { gauge: jobs, by: { queue: name } }\n    queue.lag: { gauge: oldest_ms, scale: 0.001 }", ["jobs{name=\"a\"} 3\njobs{name=\"b\"} 4\njobs 5\noldest_ms{shard=\"1\"} 2500\noldest_ms{shard=\"2\"} 900"]);
        // A lag is the worst of both, 2500 ms; jobs without a name are of no queue.
        Assert.Equal(new Dictionary<string, double> { ["queue.depth{queue:a}"] = 3, ["queue.depth{queue:b}"] = 4, ["queue.depth"] = 5, ["queue.lag"] = 2.5 }, point.Levels!.ToDictionary());
    }

    [Fact]
    public void A_counter_is_its_growth_and_one_that_fell_began_anew()
    {
        const string Rule = "embedding.rate: { rate: texts_total }";
        Assert.Null(Look(Rule, ["texts_total 100"]).Rates);
        Assert.Equal([40.0, 2], Look(Rule, ["texts_total 100", "texts_total 140"]).Rates!["embedding.rate"]);
        // Fell from 140 to 6: the process was restarted, and counted 6 since.
        Assert.Equal([6.0, 2], Look(Rule, ["texts_total 100", "texts_total 140", "texts_total 6"]).Rates!["embedding.rate"]);
        // A series that was not there began at nothing: 5 of b beside 10 of a.
        Assert.Equal([15.0, 2], Look(Rule, ["texts_total{model=\"a\"} 100", "texts_total{model=\"a\"} 110\ntexts_total{model=\"b\"} 5"]).Rates!["embedding.rate"]);
    }

    [Fact]
    public void A_ratio_is_growth_of_growth()
    {
        const string Rule = "cache.hit: { ratio: 'lookups{result=~\"hit|waited\"}', of: lookups, by: { level: level } }";
        var point = Look(Rule,
        [
            "lookups{level=\"local\",result=\"hit\"} 10\nlookups{level=\"local\",result=\"miss\"} 10",
            "lookups{level=\"local\",result=\"hit\"} 13\nlookups{level=\"local\",result=\"waited\"} 2\nlookups{level=\"local\",result=\"miss\"} 25",
        ]);
        // hit 3 + waited 2 = 5, of 3 + 2 + 15 = 20.
        Assert.Equal([5.0, 20], point.Shares!["cache.hit{level:local}"]);
    }

    [Fact]
    public void A_histogram_is_what_came_into_its_buckets()
    {
        const string Rule = "vectors.search: { histogram: took_seconds }";
        static string At(int a, int b, int all, double sum) => $"took_seconds_bucket{{le=\"0.1\"}} {a}\ntook_seconds_bucket{{le=\"1\"}} {b}\ntook_seconds_bucket{{le=\"+Inf\"}} {all}\ntook_seconds_sum {sum.ToString(System.Globalization.CultureInfo.InvariantCulture)}\ntook_seconds_count {all}";
        var buckets = Look(Rule, [At(5, 5, 5, 0.2), At(15, 25, 26, 6.2)]).Times!["vectors.search"];
        Assert.Equal([0.1, 1], buckets.Bounds);
        Assert.Equal([10.0, 10, 1], buckets.Counts);
        Assert.Equal(6, buckets.Sum, 1e-9);
        // The 11th of 21 is the first of ten in 0.1–1 s.
        Assert.Equal(0.1 + (0.9 * 0.5 / 10), buckets.Quantile(0.5)!.Value, 1e-9);
        Assert.Equal(double.PositiveInfinity, buckets.Quantile(0.99));
    }

    [Fact]
    public void An_average_is_of_everything_since_the_start() =>
        Assert.Equal(1.5, Look("model.load: { average: load_seconds, by: { model: seam } }", ["load_seconds_sum{seam=\"embedding\"} 3\nload_seconds_count{seam=\"embedding\"} 2\nload_seconds_sum{seam=\"x\"} 0\nload_seconds_count{seam=\"x\"} 0"]).Levels!["model.load{model:embedding}"]);

    [Fact]
    public void Labels_of_the_endpoint_win_over_those_of_its_series()
    {
        var point = Look("memory: { gauge: resident, by: { service: service } }", ["resident{service=\"other\"} 7"], new Dictionary<string, string> { ["service"] = "query" });
        Assert.Equal(7, point.Levels!["memory{service:query}"]);
    }

    [Fact]
    public void A_look_that_was_cut_counts_with_the_next()
    {
        var intake = new SeriesIntake(Rules("embedding.rate: { rate: texts_total }"), new Dictionary<string, string>());
        Lines(intake, "texts_total 100");
        intake.End(0, new InsideDraft());
        intake.Begin();
        intake.Take("texts_total 110"u8); // and the connection broke
        var draft = new InsideDraft();
        Lines(intake, "texts_total 130");
        intake.End(4, draft);
        Assert.Equal([30.0, 4], draft.Point(4, 2).Rates!["embedding.rate"]);
    }

    private static InsidePoint Look(string rules, string[] texts, IReadOnlyDictionary<string, string>? labels = null)
    {
        var intake = new SeriesIntake(Rules(rules), labels ?? new Dictionary<string, string>());
        var draft = new InsideDraft();
        for (var i = 0; i < texts.Length; i++)
        {
            draft = new InsideDraft();
            Lines(intake, texts[i]);
            intake.End(2 * i, draft);
        }
        return draft.Point(2 * texts.Length, 2);
    }

    private static void Lines(SeriesIntake intake, string text)
    {
        intake.Begin();
        foreach (var line in text.Split('\n'))
            intake.Take(Encoding.UTF8.GetBytes(line));
    }

    private static IReadOnlyList<InsideReading> Rules(string rules) => TargetProfileReader.Read(
        $"name: a\nabout: b\nprobes:\n  prometheus: /metrics\n  metrics:\n    {rules}\noperations:\n  ask: {{ request: GET / }}\n").Probes!.Readings;
}
