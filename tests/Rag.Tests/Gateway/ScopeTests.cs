using Rag.Seams;
using Xunit;

namespace Rag.Tests.Gateway;

public class ScopeTests
{
    [Theory]
    [InlineData("/query", 90)]
    [InlineData("/search", 20)]
    public async Task A_request_brings_its_time_and_its_urgency(string path, int seconds)
    {
        await using var server = await GatewayServer.StartAsync(new() { ["gateway:answer_seconds"] = "90", ["gateway:request_seconds"] = "20" });
        (TimeSpan?, Priority) seen = default;
        server.Search.Before = () => seen = (CallScope.Current?.Remaining, CallScope.CurrentPriority);
        (await server.Http.PostAsync(path, GatewayServer.Json("""{"query":"Why do tides rise?"}"""))).Dispose();
        Assert.Equal((TimeSpan.FromSeconds(seconds), Priority.Interactive), seen);
    }

    [Fact]
    public async Task What_a_requests_time_is_over_for_is_never_started()
    {
        await using var server = await GatewayServer.StartAsync(new() { ["gateway:answer_seconds"] = "90" });
        server.Search.Before = () => server.Time.Advance(TimeSpan.FromSeconds(90));
        (await server.Http.PostAsync("/query", GatewayServer.Json("""{"query":"Why do tides rise?"}"""))).Dispose();
        Assert.Empty(server.Generation.Asked);
    }
}
