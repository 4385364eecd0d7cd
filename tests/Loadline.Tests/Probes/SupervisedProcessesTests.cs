using Loadline.Probes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Loadline.Tests.Probes;

public class SupervisedProcessesTests
{
    [Fact]
    public async Task It_knows_the_processes_that_the_supervisor_tells_and_follows_restarts()
    {
        var status = """{"ready":true,"processes":[{"name":"query-1","service":"query","pid":11},{"name":"query-2","service":"query","pid":12},{"name":"search","state":"restarting"}]}""";
        await using var supervisor = await ServeAsync(() => status);
        using var processes = new SupervisedProcesses(Address(supervisor));
        Assert.Empty(processes.Now());
        await processes.RefreshAsync(TestContext.Current.CancellationToken);
        Assert.Equal([new WatchedProcess("query-1", 11) { Service = "query" }, new WatchedProcess("query-2", 12) { Service = "query" }], processes.Now());

        status = """{"processes":[{"name":"query-1","service":"query","pid":21}]}""";
        await processes.RefreshAsync(TestContext.Current.CancellationToken);
        Assert.Equal([new WatchedProcess("query-1", 21) { Service = "query" }], processes.Now());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"processes":[{"pid":1}]}""")]
    [InlineData("""{"processes":{"pid":1}}""")]
    public async Task What_was_known_stays_when_the_answer_is_of_no_use(string answer)
    {
        var status = """{"processes":[{"name":"query","pid":11}]}""";
        await using var supervisor = await ServeAsync(() => status);
        using var processes = new SupervisedProcesses(Address(supervisor));
        await processes.RefreshAsync(TestContext.Current.CancellationToken);
        status = answer;
        await processes.RefreshAsync(TestContext.Current.CancellationToken);
        Assert.Equal([new WatchedProcess("query", 11) { Service = "query" }], processes.Now()); // a supervisor that names no service: the process is one
    }

    private static Uri Address(WebApplication app) => new(app.Urls.First());

    private static async Task<WebApplication> ServeAsync(Func<string> status)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.MapGet("/status", () => Results.Text(status(), "application/json"));
        await app.StartAsync();
        return app;
    }
}
