using System.Diagnostics;
using System.Text.Json.Nodes;
using Xunit;

namespace Rag.Tests.Contracts;

public abstract partial class ContractSuite
{
    [Fact]
    public async Task A_fault_given_to_the_gateway_is_met_where_the_service_runs_and_ends()
    {
        using var tenant = await Tenant.NewAsync(system);
        using var admin = Tenant.Client(system, system.AdminKey);
        await tenant.AddAsync("moon", Moon);
        using var made = await admin.PostAsync("/admin/faults", Tenant.Json("""{"service":"embedding","call":"Embed","kind":"refuse","for":"1m"}"""));
        Assert.Equal(201, (int)made.StatusCode);
        var asked = 0;
        try
        {
            var degraded = await DegradedAsync();
            Assert.Equal(["embedding_unavailable"], degraded);
        }
        finally
        {
            Assert.Equal(204, (int)(await admin.DeleteAsync(made.Headers.Location)).StatusCode);
        }

        Assert.Empty(JsonNode.Parse(await admin.GetStringAsync("/admin/faults"))!["faults"]!.AsArray());
        for (var watch = Stopwatch.StartNew(); (await DegradedAsync()).Count > 0; await Task.Delay(50))
            Assert.True(watch.Elapsed < Soon, "embedding is not used again");

        // Each question is a new one: a vector that is kept needs no embedding.
        async Task<IReadOnlyList<string>> DegradedAsync()
        {
            var (status, reply) = await tenant.PostAsync("/search", $$"""{"query":"moon {{tenant.Name}} {{asked++}}"}""");
            Assert.Equal(200, status);
            Assert.Single(reply["results"]!.AsArray());
            return [.. reply["degraded"]!.AsArray().Select(code => code!.GetValue<string>())];
        }
    }

    [Fact]
    public async Task A_service_that_offers_no_contract_takes_faults_as_well()
    {
        using var admin = Tenant.Client(system, system.AdminKey);
        using var made = await admin.PostAsync("/admin/faults", Tenant.Json("""{"service":"ingestion","kind":"latency","latency_ms":1,"for":"1m"}"""));
        Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync());
        Assert.Contains("ingestion", await admin.GetStringAsync("/admin/faults"));
        Assert.Equal(204, (int)(await admin.DeleteAsync(made.Headers.Location)).StatusCode);
    }

    [Fact]
    public async Task A_fault_for_what_is_no_service_is_refused()
    {
        using var admin = Tenant.Client(system, system.AdminKey);
        using var refused = await admin.PostAsync("/admin/faults", Tenant.Json("""{"service":"ghost","kind":"refuse","for":"1m"}"""));
        Assert.Equal(400, (int)refused.StatusCode);
        Assert.Contains("'ghost' is not known here", await refused.Content.ReadAsStringAsync());
    }
}
