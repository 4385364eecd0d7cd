using System.Text.Json;
using System.Text.RegularExpressions;
using EndToEnd.Tests.Runs;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace EndToEnd.Tests.Browser;

/// <summary>The live page of real runs, driven as a person does.</summary>
[Collection(nameof(Pages))]
public sealed partial class LivePageTests(Chromium chromium, ShortRuns runs)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task In_mid_run_a_person_sees_zooms_filters_ends_the_fault_pauses_and_stops()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["plan.yaml"], """
            name: watched
            purpose: Somebody looks on
            load:
              users: 10
              phases: { up: 1s, hold: 5m, down: 1s }
              think: 0.2s
              mix: { query: 2, upload: 1, search: 1 }
            data: { documents: 20 }
            llm: { first-token: 20ms, per-token: 2ms }
            faults:
              slow-llm: { at: 3s, for: 4m, toxic: latency, on: llm, with: { latency: 100 } }
            objectives:
              - query.p95 < 10s
              - query.p50 < 1ms
              - errors < 50%
            """);
        if (Chromium.Missing is { } reason)
            Assert.Skip(reason);
        using var run = new LoadlineProcess("run", folder["plan.yaml"], "--live", "--out", folder["run"]);
        await run.SaysAsync("Live: http://127.0.0.1:", Patience);
        var url = Address().Match(run.Output).Value;
        await using var open = await chromium.OpenAsync(url);
        var page = open.Page;
        await Expect(page.Locator("#headline")).ToHaveTextAsync("Under load", new() { Timeout = 120_000 });

        // Objectives turn green and red while it goes on.
        await Expect(page.Locator("#objective-table tr", new() { HasText = "query.p95 < 10s" })).ToContainTextAsync("PASS", new() { Timeout = 30_000 });
        await Expect(page.Locator("#objective-table tr", new() { HasText = "query.p50 < 1ms" })).ToContainTextAsync("FAIL", new() { Timeout = 30_000 });

        // The fault is a band, and the lever ends it.
        await Expect(page.Locator("#fault-table")).ToContainTextAsync("in force", new() { Timeout = 30_000 });
        await page.Locator("#lever").ClickAsync();
        await Expect(page.Locator("#fault-table")).ToContainTextAsync("undone", new() { Timeout = 20_000 });
        await Expect(page.Locator("#lever")).ToBeDisabledAsync();

        // A drag over one chart zooms all of them; a button shows all again.
        await open.UntilAsync("Loadline.page.model.length > 8");
        await open.DragAsync("throughput", .3f, .6f);
        await Expect(page.Locator("#tools output")).ToHaveTextAsync(Span());
        var zoomed = await page.EvaluateAsync<double[]>("Loadline.page.charts.view");
        Assert.True(zoomed[1] - zoomed[0] < 30, string.Join("–", zoomed));
        await page.GetByRole(AriaRole.Button, new() { Name = "Reset" }).ClickAsync();
        Assert.Null(await page.EvaluateAsync<double[]?>("Loadline.page.charts.view"));

        // The filter takes an operation out of charts and tables.
        await Expect(page.Locator("figure[data-operation=upload]")).ToBeVisibleAsync();
        await page.Locator("#tools [data-filter=upload]").UncheckAsync();
        await Expect(page.Locator("figure[data-operation=upload]")).ToBeHiddenAsync();
        await Expect(page.Locator("#operation-table tr[data-operation=upload]")).ToBeHiddenAsync();
        await Expect(page.Locator("figure[data-operation=query]")).ToBeVisibleAsync();

        page.Dialog += (_, dialog) => _ = dialog.AcceptAsync();
        await page.Locator("#pause").ClickAsync();
        await Expect(page.Locator("#headline")).ToHaveTextAsync("Paused");
        await Expect(page.Locator("#because")).ToContainTextAsync("INVALID");
        // What is in hand ends, and then nothing is sent.
        await Expect(page.Locator("#tiles div", new() { HasText = "in flight" }).Locator("dd")).ToHaveTextAsync("0", new() { Timeout = 20_000 });
        await Expect(page.Locator("#tiles div", new() { HasText = "requests" }).Locator("dd")).ToHaveTextAsync("0/s", new() { Timeout = 20_000 });
        await page.Locator("#pause").ClickAsync();
        await Expect(page.Locator("#headline")).ToHaveTextAsync("Under load");
        await Expect(page.Locator("#tiles div", new() { HasText = "requests" }).Locator("dd")).Not.ToHaveTextAsync("0/s", new() { Timeout = 20_000 });

        await page.Locator("#stop").ClickAsync();
        await Expect(page.Locator("#headline")).ToHaveTextAsync("INVALID", new() { Timeout = 60_000 });
        await Expect(page.Locator("#report")).ToBeVisibleAsync(new() { Timeout = 20_000 });
        Assert.Empty(open.Errors);
        Assert.Equal(105, await run.ExitAsync(Patience));
        using var summary = JsonDocument.Parse(await File.ReadAllTextAsync(folder["run/summary.json"]));
        Assert.Contains("the run was paused by hand for", summary.RootElement.GetProperty("because").GetString(), StringComparison.Ordinal);
        Assert.Contains("the run was interrupted", summary.RootElement.GetProperty("because").GetString(), StringComparison.Ordinal);
        Assert.Contains("it was stopped early", summary.RootElement.GetProperty("faults")[0].GetProperty("notes").EnumerateArray().Select(note => note.GetString()));
        Assert.Single(summary.RootElement.GetProperty("pauses").EnumerateArray());
        Assert.False(File.Exists(folder["run/state.json"]));
    }

    [Fact]
    public async Task A_run_that_is_over_is_shown_too_and_the_page_is_for_everybody()
    {
        if (Chromium.Missing is { } reason)
            Assert.Skip(reason);
        var run = await runs.EmbeddedAsync();
        using var live = new LoadlineProcess("live", run.Folder);
        await live.SaysAsync("Live: http://127.0.0.1:", Patience);
        var url = Address().Match(live.Output).Value;
        foreach (var (scheme, onPhone) in new[] { (ColorScheme.Light, false), (ColorScheme.Dark, true), (ColorScheme.Dark, false), (ColorScheme.Light, true) })
        {
            await using var open = await chromium.OpenAsync(url, scheme, onPhone);
            await Expect(open.Page.Locator("#headline")).ToHaveTextAsync(Verdict());
            await Expect(open.Page.Locator("#pause")).ToBeDisabledAsync();
            await Expect(open.Page.Locator("figure").First).ToBeVisibleAsync();
            Assert.Empty(await open.SeriousAsync());
            Assert.Equal(0, await open.OverflowAsync());
            Assert.Empty(open.Errors);
        }
        live.Signal("INT");
        Assert.Equal(0, await live.ExitAsync(Patience));
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+/\?token=[0-9a-f]{32}")]
    private static partial Regex Address();

    [GeneratedRegex(@"^\d+:\d\d – \d+:\d\d$")]
    private static partial Regex Span();

    [GeneratedRegex("^(PASS|WARN|FAIL|INVALID)$")]
    private static partial Regex Verdict();
}
