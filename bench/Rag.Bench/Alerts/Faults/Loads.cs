using System.Net.Http.Json;
using System.Text.Json;
using Rag.Bench.Resilience;

namespace Rag.Bench.Alerts.Faults;

/// <summary>Loads and limits that do not fit the system.</summary>
internal static class Loads
{
    /// <summary>Users with a limit of 30 requests a minute who send two a second.</summary>
    public static Episode LowLimit { get; } = new("five users may send 30 requests a minute and send 120", [new("RateLimitingTooAggressive")], async (stage, stop) =>
    {
        var users = Enumerable.Range(0, 5).Select(i => new { user = $"limited-{i}", requests_per_minute = 30 });
        using var response = await stage.Target.Admin.PostAsJsonAsync("/admin/keys", new { keys = users }, stop);
        response.EnsureSuccessStatusCode();
        var keys = (await response.Content.ReadFromJsonAsync<JsonElement>(stop)).GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("key").GetString()!);
        return Undo.All([.. keys.Select(stage.Target.ClientOf).Select(http =>
            Visitors.Come(1, TimeSpan.FromMilliseconds(500), http, (_, time, asker, ending) => asker.SearchAsync(Texts.Question(time % Stage.Documents, time), ending)))]);
    });

    public static Episode OneGateway { get; } = new("all users talk to one of two gateways", [new("UnevenLoadBalancing")], (stage, _) =>
    {
        stage.Gateways.OnlyFirst = true;
        var more = Visitors.Come(16, TimeSpan.FromMilliseconds(50), stage.Http, async (who, _, _, ending) => await stage.Http.GetStringAsync($"/documents/base-{who}/status", ending));
        return Task.FromResult(Undo.All(
            new Undo(() =>
            {
                stage.Gateways.OnlyFirst = false;
                return ValueTask.CompletedTask;
            }),
            more));
    });

    public static Episode Overload { get; } = new("60 questions a second come to an LLM that can do 15, and gateways admit 64 at a time", [new("SlowAutoscaling")], async (stage, stop) =>
    {
        await stage.Target.SetSlotsAsync(3, stop);
        var slots = new Undo(() => new ValueTask(stage.Target.SetSlotsAsync(300, CancellationToken.None)));
        var load = new OpenLoad(stage.Http, Stage.Documents, TimeSpan.FromSeconds(20), retries: 0, seed: 2);
        return Undo.All(slots, Undo.Running(ending => load.OfferAsync(60, TimeSpan.FromMinutes(3), ending)));
    });

    public static Episode SameQuestion { get; } = new("eight users at a time ask the same new question, over three query processes", [new("CacheStampede")], async (stage, _) =>
    {
        var away = await stage.Crowd.PauseAsync(); // each of their questions is another one
        var crowds = Visitors.Come(2, TimeSpan.FromMilliseconds(50), stage.Http, (who, time, asker, ending) =>
            Task.WhenAll(Enumerable.Range(0, 8).Select(_ => asker.QueryAsync($"Which goods came to the harbour of town {time % Stage.Documents}? ({who}, {time})", ending))));
        return Undo.All(away, crowds);
    });

    public static Episode SameDocuments { get; } = new("eight users upload the same two documents again and again", [new("DocumentVersionConflicts")], (stage, _) =>
        Task.FromResult(Visitors.Come(8, TimeSpan.FromMilliseconds(20), stage.Http, (who, time, asker, ending) => asker.UploadAsync($"contended-{who % 2}", Texts.Document(time), ending))));

    public static Episode LossyNetwork { get; } = new("16 transfers over a way that loses 30 % of packets (a filter of the kernel on the receiving sockets)", [new("NetworkSaturation")], (_, _) =>
        Task.FromResult<IAsyncDisposable>(new LossyTransfers(16, 0.3)));
}
