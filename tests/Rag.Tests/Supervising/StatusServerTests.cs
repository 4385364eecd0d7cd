using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Rag.Host;
using Rag.Host.Supervising;
using Xunit;

namespace Rag.Tests.Supervising;

public class StatusServerTests
{
    private static readonly IConfiguration None = new ConfigurationBuilder().Build();

    [Fact]
    public async Task It_tells_how_each_process_is()
    {
        var up = new FleetFixture(null, "a", "b: a");
        await using var server = StatusServer.Build("http://localhost:0", None, up.Fleet);
        using var http = new HttpClient { BaseAddress = new Uri(await StatusServer.StartAsync(server)) };

        up.Pass(0.3);
        using (var early = await http.GetAsync("/health/ready"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, early.StatusCode);
            Assert.Equal(["a", "b"], JsonDocument.Parse(await early.Content.ReadAsStringAsync()).RootElement.GetProperty("waiting").EnumerateArray().Select(w => w.GetString()!));
        }

        up.BecomeReady();
        up.Processes["a"].Exit(137);
        up.Pass(0.2);
        up.Processes["a"].Announce();
        up.Pass(0.3);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/ready")).StatusCode);
        using var status = JsonDocument.Parse(await http.GetStringAsync("/status"));
        Assert.True(status.RootElement.GetProperty("ready").GetBoolean());
        Assert.Equal(2000, status.RootElement.GetProperty("memory_bytes").GetInt64());
        var a = status.RootElement.GetProperty("processes")[0];
        Assert.Equal("a", a.GetProperty("name").GetString());
        Assert.Equal("a", a.GetProperty("service").GetString());
        Assert.Equal(1, a.GetProperty("replica").GetInt32());
        Assert.Equal(up.Processes["a"].Id, a.GetProperty("pid").GetInt32());
        Assert.Equal("ready", a.GetProperty("state").GetString());
        Assert.Equal(1, a.GetProperty("restarts").GetInt32());
        Assert.Equal(137, a.GetProperty("last_exit_code").GetInt32());
        Assert.Equal(up.Processes["a"].Address, a.GetProperty("http").GetString());
        Assert.Equal("unix:/a.sock", a.GetProperty("grpc").GetString());
        Assert.Equal(1000, a.GetProperty("memory_bytes").GetInt64());
        Assert.Equal(up.Time.GetUtcNow(), a.GetProperty("since").GetDateTimeOffset(), TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Prometheus_finds_each_process_and_its_labels()
    {
        var up = new FleetFixture(null, "a", "b: a");
        up.BecomeReady();
        await using var server = StatusServer.Build("http://127.0.0.1:0", None, up.Fleet);
        using var http = new HttpClient { BaseAddress = new Uri(await StatusServer.StartAsync(server)) };
        using var answer = await http.GetAsync("/targets");
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        var groups = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.EnumerateArray().ToList();
        Assert.Equal(["a", "b"], groups.Select(group => group.GetProperty("labels").GetProperty("process").GetString()!));
        Assert.Equal($"127.0.0.1:{up.Processes["b"].Id}", groups[1].GetProperty("targets")[0].GetString());
    }

    [Theory]
    [InlineData("ftp://127.0.0.1:0")]
    [InlineData("http://example.org:80")]
    [InlineData("http://127.0.0.1:0/x")]
    [InlineData("9090")]
    public void What_is_no_address_is_refused(string url)
    {
        var problem = Assert.Throws<CommandException>(() => StatusServer.Build(url, None, new FleetFixture(null, "a").Fleet));
        Assert.Equal(ExitCode.InvalidArguments, problem.ExitCode);
        Assert.Contains($"--status-url: '{url}'", problem.Message);
    }
}
