using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Loadline.Plans;

namespace Loadline.Faults.Disturbances;

/// <summary>Injects a fault at the door of a service of Loadline's own RAG system: its <c>/admin/faults</c>, which ends it by itself as well.</summary>
internal sealed class InjectedDisturbance(PlanFault fault, FaultGround ground) : IDisturbance
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // The server's own end is the last resort: a moment after ours.
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    private Uri Faults => new(ground.Address, "/admin/faults");

    /// <inheritdoc/>
    public Task<IReadOnlyList<UndoStep>> PrepareAsync(CancellationToken cancellationToken)
    {
        if (ground.AdminKey is null)
            throw new FaultException("injecting faults needs the target's admin key; set LOADLINE_ADMIN_KEY");
        // Until its id is known all faults of the target are ended: better too many than one that stays.
        return Task.FromResult<IReadOnlyList<UndoStep>>([new UndoStep.Request(Faults, NeedsKey: true)]);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<UndoStep>?> InjectAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };
        using var request = new HttpRequestMessage(HttpMethod.Post, Faults) { Content = new StringContent(Body(), Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", ground.AdminKey);
        try
        {
            using var answer = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            var text = await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            if (!answer.IsSuccessStatusCode)
                throw new FaultException($"POST {Faults} was answered with {(int)answer.StatusCode}: {text[..Math.Min(text.Length, 500)].ReplaceLineEndings(" ")}");
            return JsonNode.Parse(text)?["id"]?.GetValue<string>() is { } id ? [new UndoStep.Request(new Uri(ground.Address, $"/admin/faults/{Uri.EscapeDataString(id)}"), NeedsKey: true)] : null;
        }
        catch (Exception problem) when (problem is HttpRequestException or JsonException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw new FaultException($"POST {Faults} failed: {problem.Message}", problem);
        }
    }

    private string Body()
    {
        var length = TimeSpan.FromTicks(Math.Min((fault.For + Later).Ticks, Longest.Ticks));
        var body = new JsonObject { ["service"] = fault.Where, ["for"] = $"{Math.Ceiling(length.TotalSeconds).ToString(CultureInfo.InvariantCulture)}s" };
        if (fault.Share < 1)
            body["share"] = fault.Share;
        foreach (var (name, value) in fault.With)
            body[name] = double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number % 1 == 0 ? (long)number : number : value;
        return body.ToJsonString();
    }
}
