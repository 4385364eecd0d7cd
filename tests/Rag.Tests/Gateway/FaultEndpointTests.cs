using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace Rag.Tests.Gateway;

public class FaultEndpointTests
{
    [Fact]
    public async Task A_fault_is_injected_listed_and_ended()
    {
        await using var server = await GatewayServer.StartAsync();
        using var admin = server.Client(GatewayServer.AdminKey);
        using var made = await admin.PostAsync(
            "/admin/faults", GatewayServer.Json("""{"service":"identity","call":"Authenticate","kind":"error","error":"overloaded","for":"30s"}"""));
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var fault = await made.Content.ReadFromJsonAsync<JsonElement>();
        var id = fault.GetProperty("id").GetString();
        Assert.Equal($"/admin/faults/{id}", made.Headers.Location?.OriginalString);
        Assert.Equal(("identity", "Authenticate", "error", "overloaded"), (Text("service"), Text("call"), Text("kind"), Text("error")));
        Assert.Equal(TimeSpan.FromSeconds(30), fault.GetProperty("ends").GetDateTimeOffset() - fault.GetProperty("started").GetDateTimeOffset());

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await SearchAsync());
        Assert.Equal(id, Assert.Single((await admin.GetFromJsonAsync<JsonElement>("/admin/faults")).GetProperty("faults").EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal(HttpStatusCode.NoContent, (await admin.DeleteAsync($"/admin/faults/{id}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await admin.DeleteAsync($"/admin/faults/{id}")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, await SearchAsync());

        string? Text(string name) => fault.GetProperty(name).GetString();

        async Task<HttpStatusCode> SearchAsync()
        {
            using var response = await server.Http.PostAsync("/search", GatewayServer.Json("""{"query":"the tides"}"""));
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task It_ends_by_itself_and_all_can_be_ended_at_once()
    {
        await using var server = await GatewayServer.StartAsync();
        using var admin = server.Client(GatewayServer.AdminKey);
        foreach (var length in new[] { "500ms", "1.5s", "2m" })
            (await admin.PostAsync("/admin/faults", GatewayServer.Json($$"""{"service":"query","kind":"latency","latency_ms":100,"jitter_ms":20,"share":0.5,"for":"{{length}}"}"""))).Dispose();
        Assert.Equal(3, await CountAsync());
        server.Time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal(2, await CountAsync());
        server.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, await CountAsync());
        Assert.Equal(HttpStatusCode.NoContent, (await admin.DeleteAsync("/admin/faults")).StatusCode);
        Assert.Equal(0, await CountAsync());

        async Task<int> CountAsync() => (await admin.GetFromJsonAsync<JsonElement>("/admin/faults")).GetProperty("faults").GetArrayLength();
    }

    [Fact]
    public async Task All_problems_of_a_body_are_told_at_once()
    {
        await using var server = await GatewayServer.StartAsync();
        using var admin = server.Client(GatewayServer.AdminKey);
        using var refused = await admin.PostAsync(
            "/admin/faults", GatewayServer.Json("""{"service":"idendity","kind":"latency","for":"half an hour","share":2,"error":"broken","items":-1,"call":7,"until":"noon"}"""));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        var problems = (await refused.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors").EnumerateArray()
            .ToDictionary(p => p.GetProperty("pointer").GetString()!, p => p.GetProperty("detail").GetString()!);
        Assert.Equal(
            ["/call", "/error", "/for", "/items", "/latency_ms", "/service", "/share", "/until"], problems.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("service: 'idendity' is not known here; known are generation, identity, query", problems["/service"]);
        Assert.Equal("for: 'half an hour' is no duration; expected a number with ms, s or m, such as 30s", problems["/for"]);
        Assert.StartsWith("error: 'broken' is not known; known are invalid_argument, ", problems["/error"]);
    }

    [Theory]
    [InlineData("16m", "for: 960 s is not permitted; expected more than 0 s, at most 15 m")]
    [InlineData("0s", "for: 0 s is not permitted; expected more than 0 s, at most 15 m")]
    public async Task Its_end_is_mandatory_and_bounded(string length, string problem)
    {
        await using var server = await GatewayServer.StartAsync();
        using var admin = server.Client(GatewayServer.AdminKey);
        using var refused = await admin.PostAsync("/admin/faults", GatewayServer.Json($$"""{"service":"query","kind":"hang","for":"{{length}}"}"""));
        Assert.Contains(problem, await refused.Content.ReadAsStringAsync());
        using var endless = await admin.PostAsync("/admin/faults", GatewayServer.Json("""{"service":"query","kind":"hang"}"""));
        Assert.Contains("for: is required", await endless.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("GET", "/admin/faults")]
    [InlineData("POST", "/admin/faults")]
    [InlineData("DELETE", "/admin/faults")]
    [InlineData("DELETE", "/admin/faults/one")]
    public async Task Only_the_admin_key_opens_it(string method, string path)
    {
        await using var server = await GatewayServer.StartAsync();
        foreach (var key in new[] { null, GatewayServer.DevKey })
        {
            using var http = server.Client(key);
            using var refused = await http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        }
    }
}
