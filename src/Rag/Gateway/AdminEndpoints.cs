using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Rag.Gateway.Metering;
using Rag.Identity;

namespace Rag.Gateway;

/// <summary><c>POST /admin/keys</c>, behind the admin key: many keys in one call and one transaction; and <c>GET /admin/usage</c>.</summary>
internal sealed partial class AdminEndpoints(AdminGate gate, IIdentity identity, UsageEndpoints usage, GatewayOptions options, ILogger<AdminEndpoints> log)
{
    private const int MostKeys = 10_000;

    public Task IssueAsync(HttpContext context) => gate.RunAsync(context, async () =>
    {
        var requests = await ReadAsync(context).ConfigureAwait(false);
        var issued = await identity.IssueKeysAsync(requests, context.RequestAborted).ConfigureAwait(false);
        var answer = new IssuedKeysAnswer([.. issued.Select(k => new IssuedKeyItem(k.User, k.Tenant, k.RequestsPerMinute, k.Key, k.RequestsPerDay == 0 ? null : k.RequestsPerDay, k.TokensPerDay == 0 ? null : k.TokensPerDay))]);
        context.Response.Headers.CacheControl = "no-store";
        Issued(issued.Count);
        await Reply.JsonAsync(context, 200, answer, GatewayJson.Wire.IssuedKeysAnswer).ConfigureAwait(false);
    });

    public Task UsageAsync(HttpContext context) => gate.RunAsync(context, () => usage.AllAsync(context));

    private async ValueTask<List<KeyRequest>> ReadAsync(HttpContext context)
    {
        using var body = await JsonBody.ReadAsync(context, options.JsonBytes, context.RequestAborted).ConfigureAwait(false);
        var problems = new List<FieldProblem>();
        var fields = new JsonFields(body.RootElement, "", problems);
        var requests = new List<KeyRequest>();
        if (fields.Any("keys", true, out var keys) && (keys.ValueKind != JsonValueKind.Array || keys.GetArrayLength() is 0 or > MostKeys))
            fields.Wrong("keys", $"expected an array of 1–{MostKeys}");
        else if (keys.ValueKind == JsonValueKind.Array)
            foreach (var item in keys.EnumerateArray())
            {
                if (problems.Count > 100)
                    break; // enough to act on
                var key = new JsonFields(item, $"/keys/{requests.Count}", problems);
                requests.Add(new KeyRequest(
                    key.Text("user", 1, 128, required: true) ?? "", key.Text("tenant", 1, 128), key.Whole("requests_per_minute", 1, IdentityOptions.MaxRequestsPerMinute), null,
                    key.Whole("requests_per_day", 0, IdentityOptions.MaxPerDay), key.Whole("tokens_per_day", 0, IdentityOptions.MaxPerDay)));
                key.NoOthers();
            }

        fields.End(strict: true);
        return requests;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} API keys were issued by the administrator")]
    private partial void Issued(int count);
}
