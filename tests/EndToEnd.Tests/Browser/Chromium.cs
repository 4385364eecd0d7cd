using System.Diagnostics;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Rag.Tests.Engines;
using Xunit;

namespace EndToEnd.Tests.Browser;

/// <summary>Tests of pages: one browser for all of them, and one after another, since it takes a core.</summary>
[CollectionDefinition(nameof(Pages))]
public sealed class Pages : ICollectionFixture<Chromium>;

/// <summary>Debian's Chromium, driven by Playwright. A page's errors fail the test that made it.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Why there is none; null where there is.</summary>
    internal static string? Missing { get; } = EngineServer.Missing("chromium");

    public async ValueTask InitializeAsync()
    {
        if (Missing is not null)
            return;
        // Until what is expected is there; five seconds by default, which other tests beside this one may take away.
        Assertions.SetDefaultExpectTimeout(30_000);
        _playwright = await Playwright.CreateAsync();
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "chromium")).First(File.Exists);
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = path, Args = ["--no-sandbox"] });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>Opens a page; the test is skipped where there is no browser.</summary>
    internal async Task<OpenPage> OpenAsync(string url, ColorScheme scheme = ColorScheme.Light, bool onPhone = false, bool scripts = true)
    {
        if (Missing is { } reason)
            Assert.Skip(reason);
        var context = await _browser!.NewContextAsync(new() { ViewportSize = onPhone ? new() { Width = 390, Height = 844 } : new() { Width = 1280, Height = 900 }, ColorScheme = scheme, JavaScriptEnabled = scripts });
        var page = await context.NewPageAsync();
        var open = new OpenPage(context, page);
        await page.GotoAsync(url);
        return open;
    }
}

/// <summary>A page that is open.</summary>
internal sealed class OpenPage : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly List<string> _errors = [];

    public OpenPage(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        page.PageError += (_, error) => _errors.Add(error);
        page.Console += (_, message) => { if (message.Type == "error") _errors.Add(message.Text); };
    }

    public IPage Page { get; }

    /// <summary>Errors of its scripts so far, and what it asked of others in vain.</summary>
    public IReadOnlyList<string> Errors => [.. _errors];

    /// <summary>What axe-core calls serious or critical: rule, and the first elements that break it.</summary>
    public async Task<IReadOnlyList<string>> SeriousAsync()
    {
        // Everything has been drawn, and nothing is looked at in mid-change.
        await Page.EvaluateAsync("Loadline.page.charts.drawAll()");
        var result = await Page.RunAxe(new AxeRunOptions { ResultTypes = [ResultType.Violations] });
        return [.. result.Violations.Where(violation => violation.Impact is "serious" or "critical")
            .Select(violation => $"{violation.Id} ({violation.Impact}): {violation.Help}; {string.Join(" | ", violation.Nodes.Take(3).Select(node => node.Html))}")];
    }

    /// <summary>By how many pixels the page is wider than the screen.</summary>
    public Task<int> OverflowAsync() => Page.EvaluateAsync<int>("document.documentElement.scrollWidth - innerWidth");

    /// <summary>Waits until an expression is true. Not by Playwright's own waiting, which evaluates in the page what the page's policy forbids.</summary>
    public async Task UntilAsync(string expression)
    {
        var watch = Stopwatch.StartNew();
        while (!await Page.EvaluateAsync<bool>(expression))
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(30))
                Assert.Fail($"after 30 s it is still not true that {expression}");
            await Task.Delay(50);
        }
    }

    /// <summary>Draws over a chart with the mouse, from one share of its width to another.</summary>
    public async Task DragAsync(string chart, float from, float to)
    {
        var place = Page.Locator($"[data-chart='{chart}']");
        await place.ScrollIntoViewIfNeededAsync();
        await place.Locator("canvas").First.WaitForAsync();
        var box = (await place.BoundingBoxAsync())!;
        var y = box.Y + (box.Height / 2);
        await Page.Mouse.MoveAsync(box.X + (box.Width * from), y);
        await Page.Mouse.DownAsync();
        await Page.Mouse.MoveAsync(box.X + (box.Width * ((from + to) / 2)), y);
        await Page.Mouse.MoveAsync(box.X + (box.Width * to), y);
        await Page.Mouse.UpAsync();
    }

    public ValueTask DisposeAsync() => _context.DisposeAsync();
}
