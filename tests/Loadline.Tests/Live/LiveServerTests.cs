using System.Net;
using System.Text.Json;
using Loadline.Live;
using Loadline.Reports;
using Loadline.Runs;
using Loadline.Tests.Reports;
using Loadline.Users;
using Loadline.Wire;
using Xunit;

namespace Loadline.Tests.Live;

/// <summary>Who may see a run's page, who may change the run, and what comes of it.</summary>
public sealed class LiveServerTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("loadline-live-").FullName;
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });
    private readonly RunControl _control;
    private LiveServer _server = null!;
    private int _stops;

    public LiveServerTests() => _control = new RunControl(() => _stops++);

    public async ValueTask InitializeAsync() => _server = await LiveServer.StartAsync(new LiveSubject(_folder, _control), null, 0, TimeProvider.System, default);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_page_is_on_loopback_and_asks_for_its_token()
    {
        Assert.Equal("127.0.0.1", _server.Address.Host);
        Assert.Equal(32, _server.Token.Length);
        Assert.Contains("Loadline live", await _client.GetStringAsync(_server.Address));
        foreach (var path in new[] { "/", "/events", "/report", "/?token=", "/?token=" + new string('0', 32) })
            Assert.Equal(HttpStatusCode.Forbidden, (await _client.GetAsync(new Uri(_server.Address, path))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync(new Uri(_server.Address, "/none?token=" + _server.Token))).StatusCode);
    }

    [Theory]
    [InlineData("evil.example", null)]
    [InlineData("127.0.0.1", null)]
    [InlineData(null, "http://evil.example")]
    [InlineData(null, "null")]
    public async Task Another_sites_name_or_page_reaches_nothing_even_with_the_token(string? host, string? origin)
    {
        foreach (var (method, path) in new[] { (HttpMethod.Get, "/?token=" + _server.Token), (HttpMethod.Post, "/stop") })
            Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(method, path, _server.Token, host, origin)).StatusCode);
        Assert.Equal(0, _stops);
    }

    [Fact]
    public async Task A_change_needs_the_token_in_its_header()
    {
        foreach (var path in new[] { "/stop", "/stop?token=" + _server.Token })
            Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(HttpMethod.Post, path, null)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(HttpMethod.Get, "/stop?token=" + _server.Token, null)).StatusCode);
        Assert.Equal(0, _stops);
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(HttpMethod.Post, "/stop", _server.Token, origin: $"http://127.0.0.1:{_server.Address.Port}")).StatusCode);
        Assert.Equal(1, _stops);
    }

    [Fact]
    public async Task A_load_is_paused_and_goes_on_and_what_can_not_be_is_said()
    {
        var early = await SendAsync(HttpMethod.Post, "/pause", _server.Token);
        Assert.Equal(HttpStatusCode.Conflict, early.StatusCode);
        Assert.Contains("it has not begun", await early.Content.ReadAsStringAsync());
        var gate = new PauseGate(new RunClock(TimeProvider.System));
        _control.Begin(gate);
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(HttpMethod.Post, "/pause", _server.Token)).StatusCode);
        Assert.True(gate.IsPaused);
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(HttpMethod.Post, "/resume", _server.Token)).StatusCode);
        Assert.False(gate.IsPaused);
        Assert.Equal(HttpStatusCode.Conflict, (await SendAsync(HttpMethod.Post, "/resume", _server.Token)).StatusCode);
    }

    [Fact]
    public async Task The_lever_is_the_one_that_every_run_looks_for()
    {
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(HttpMethod.Post, "/lever", _server.Token)).StatusCode);
        Assert.True(File.Exists(Path.Combine(_folder, "faults.stop")));
    }

    [Fact]
    public async Task A_page_that_is_opened_late_gets_everything_and_then_the_verdict_and_the_report()
    {
        var run = SampleRun.Make("FAIL", seconds: 1800);
        SampleRun.Write(run, _folder);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync(new Uri(_server.Address, "/report?token=" + _server.Token))).StatusCode);
        ReportWriter.WriteAll(_folder);
        // The run is over, so the stream ends by itself.
        var events = (await _client.GetStringAsync(new Uri(_server.Address, "/events?token=" + _server.Token)).WaitAsync(TimeSpan.FromSeconds(30)))
            .Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(text => Assert.Single(text.Split('\n'))).Select(text => JsonDocument.Parse(text["data: ".Length..]).RootElement).ToList();
        Assert.True(events.Count > 1);
        Assert.Equal(run.Series.Select(point => point.T), events.SelectMany(one => one.GetProperty("series").EnumerateArray()).Select(point => point.GetProperty("t").GetInt32()));
        Assert.Equal(run.Inside.Count, events.Sum(one => one.GetProperty("inside").GetArrayLength()));
        Assert.Equal("FAIL", events[^1].GetProperty("summary").GetProperty("verdict").GetString());
        Assert.Equal(File.ReadAllText(Path.Combine(_folder, RunFolder.Report)), await _client.GetStringAsync(new Uri(_server.Address, "/report?token=" + _server.Token)));
        await _server.FarewellAsync();
    }

    [Fact]
    public async Task A_page_of_a_suite_hears_of_the_next_run_and_shows_which_it_is()
    {
        SampleRun.Write(SampleRun.Make("PASS"), _folder);
        ReportWriter.WriteAll(_folder);
        var address = new Uri(_server.Address, "/events?token=" + _server.Token);
        _server.Show(new LiveSubject(_folder, _control, "Run 1 of 2 of nightly", IsLast: false));
        using var events = await _client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await events.Content.ReadAsStreamAsync());
        Assert.StartsWith("data: ", await reader.ReadLineAsync(), StringComparison.Ordinal);
        Assert.Contains("Run 1 of 2 of nightly", await _client.GetStringAsync(_server.Address));

        _server.Show(new LiveSubject(_folder, _control, "Run 2 of 2 of nightly"));
        var rest = await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.EndsWith("event: next\ndata: {}\n\n", rest, StringComparison.Ordinal);
        Assert.Contains("Run 2 of 2 of nightly", await _client.GetStringAsync(_server.Address));
    }

    [Fact]
    public async Task The_pages_that_may_be_open_at_once_are_bounded()
    {
        var open = new List<HttpResponseMessage>();
        HttpResponseMessage last;
        do
            open.Add(last = await _client.GetAsync(new Uri(_server.Address, "/events?token=" + _server.Token), HttpCompletionOption.ResponseHeadersRead));
        while (last.IsSuccessStatusCode && open.Count < 100);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, 17), (last.StatusCode, open.Count));
        open.ForEach(one => one.Dispose());
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? token, string? host = null, string? origin = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(_server.Address, path));
        if (token is not null)
            request.Headers.Add("X-Loadline-Token", token);
        if (host is not null)
            request.Headers.Host = host;
        if (origin is not null)
            request.Headers.Add("Origin", origin);
        return await _client.SendAsync(request);
    }
}
