using System.Text.Json;
using EndToEnd.Tests.Runs;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace EndToEnd.Tests.Browser;

/// <summary>The report of a real run, from its file, as a person reads it.</summary>
[Collection(nameof(Pages))]
public sealed class ReportPageTests(Chromium chromium, ShortRuns runs)
{
    [Fact]
    public async Task Charts_zoom_together_by_mouse_and_by_keyboard_and_have_their_numbers_behind_them()
    {
        var run = await runs.EmbeddedAsync();
        await using var open = await chromium.OpenAsync(Address(run));
        var page = open.Page;
        await open.DragAsync("throughput", .4f, .7f);
        var zoomed = (await page.EvaluateAsync<double[]?>("Loadline.page.charts.view"))!;
        var whole = await page.EvaluateAsync<double[]>("Loadline.page.charts.range()");
        Assert.True(zoomed[0] > whole[0] && zoomed[1] < whole[1], string.Join("–", zoomed));
        foreach (var chart in new[] { "throughput", "latency:query" })
        {
            await page.Locator($"[data-chart='{chart}']").ScrollIntoViewIfNeededAsync();
            await open.UntilAsync($"echarts.getInstanceByDom(document.querySelector(\"[data-chart='{chart}']\"))?.getOption().xAxis[0].min === Loadline.page.charts.view[0] * 1000");
        }
        await page.GetByRole(AriaRole.Button, new() { Name = "Reset" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        Assert.Null(await page.EvaluateAsync<double[]?>("Loadline.page.charts.view"));
        await page.GetByLabel("Show", new() { Exact = true }).SelectOptionAsync("hold phase");
        Assert.Equal(Hold(run), await page.EvaluateAsync<double[]>("Loadline.page.charts.view"));

        var figure = page.Locator("figure[data-key='latency:query']");
        await figure.Locator("summary").ClickAsync();
        await Expect(figure.Locator("tbody tr").Nth(5)).ToBeAttachedAsync(); // made once the details are open
        await Expect(figure.Locator("[role=img]")).ToHaveAttributeAsync("aria-label", new System.Text.RegularExpressions.Regex("query: response time, .* P95 .* to "));
        Assert.Empty(open.Errors);
    }

    [Fact]
    public async Task The_filter_leaves_operations_and_outcomes_out_of_charts_tables_and_exchanges()
    {
        var run = await runs.EmbeddedAsync();
        await using var open = await chromium.OpenAsync(Address(run));
        var page = open.Page;
        Assert.True(await page.Locator(".exchange:visible").CountAsync() > 0);
        await page.Locator("#tools [data-filter=query]").UncheckAsync();
        Assert.Equal(0, await page.Locator("[data-operation=query]:visible").CountAsync());
        Assert.True(await page.Locator("tr[data-operation=upload]:visible").CountAsync() > 0);
        await page.Locator("#tools [data-filter=query]").CheckAsync();
        await page.Locator("#tools [data-filter=ok]").UncheckAsync();
        Assert.Equal(0, await page.Locator(".exchange[data-outcome=ok]:visible").CountAsync());
        Assert.True(await page.Locator("tr[data-operation=query]:visible").CountAsync() > 0);
        Assert.Empty(open.Errors);
    }

    [Fact]
    public async Task Its_numbers_are_the_summarys_and_its_histograms_hold_every_answered_exchange()
    {
        var run = await runs.EmbeddedAsync();
        await using var open = await chromium.OpenAsync(Address(run));
        var embedded = await open.Page.Locator("#summary-data").TextContentAsync();
        using var mine = JsonDocument.Parse(embedded!);
        var summary = run.Summary;
        Assert.True(JsonElement.DeepEquals(summary, mine.RootElement));
        using var spread = JsonDocument.Parse((await open.Page.Locator("#spread-data").TextContentAsync())!);
        foreach (var operation in summary.GetProperty("operations").EnumerateArray())
            if (operation.GetProperty("responseTime") is { ValueKind: JsonValueKind.Object } time)
                Assert.Equal(
                    time.GetProperty("count").GetInt64(),
                    spread.RootElement.GetProperty("of").GetProperty(operation.GetProperty("name").GetString()!).GetProperty("answered").GetProperty("counts").EnumerateArray().Sum(count => count.GetInt64()));
        Assert.Equal(summary.GetProperty("verdict").GetString(), (await open.Page.Locator("#verdict").InnerTextAsync()).Split(' ')[^1]);
    }

    [Theory]
    [InlineData(ColorScheme.Light, false)]
    [InlineData(ColorScheme.Dark, false)]
    [InlineData(ColorScheme.Light, true)]
    [InlineData(ColorScheme.Dark, true)]
    public async Task It_is_for_everybody_in_light_and_dark_on_a_screen_and_on_a_phone(ColorScheme scheme, bool onPhone)
    {
        var run = await runs.EmbeddedAsync();
        await using var open = await chromium.OpenAsync(Address(run), scheme, onPhone);
        await Expect(open.Page.Locator("figure").First).ToBeVisibleAsync();
        Assert.Empty(await open.SeriousAsync());
        Assert.Equal(0, await open.OverflowAsync());
        // Between light and dark there is a button.
        var before = await open.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
        await open.Page.Locator("#theme").ClickAsync();
        Assert.NotEqual(before, await open.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
        Assert.Empty(open.Errors);
    }

    [Fact]
    public async Task Without_scripts_it_still_says_verdict_objectives_and_tables()
    {
        var run = await runs.EmbeddedAsync();
        await using var open = await chromium.OpenAsync(Address(run), scripts: false);
        await Expect(open.Page.Locator("#verdict")).ToBeVisibleAsync();
        Assert.True(await open.Page.Locator(".objectives tbody tr").CountAsync() > 0);
        Assert.True(await open.Page.Locator("tr[data-operation=query]").CountAsync() > 1);
        Assert.Contains("The charts need JavaScript", await open.Page.ContentAsync(), StringComparison.Ordinal);
        await Expect(open.Page.Locator("#tools")).ToBeHiddenAsync();
    }

    private static string Address(ShortRun run) => new Uri(run.Report).ToString();

    private static double[] Hold(ShortRun run)
    {
        var hold = run.Summary.GetProperty("phases").EnumerateArray().First(phase => phase.GetProperty("name").GetString() == "hold");
        return [hold.GetProperty("start").GetDouble(), hold.GetProperty("end").GetDouble()];
    }
}
