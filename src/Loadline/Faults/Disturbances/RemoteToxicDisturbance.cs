using System.Text;
using System.Text.Json.Nodes;
using Loadline.Plans;

namespace Loadline.Faults.Disturbances;

/// <summary>A toxic on a proxy that runs already, by Toxiproxy's API: Toxiproxy itself, or <c>loadline proxy</c>.</summary>
/// <param name="fault">The fault.</param>
/// <param name="id">The toxic's name.</param>
/// <param name="proxy">The proxy in the API: <c>http://HOST:8474/proxies/NAME</c>.</param>
internal sealed class RemoteToxicDisturbance(PlanFault fault, string id, Uri proxy) : IDisturbance
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // A name that no other run's toxic has, of letters that every proxy takes.
    private readonly string _name = $"loadline-{id.Replace('#', '-')}-{Environment.ProcessId}";

    private string Toxics => $"{proxy.ToString().TrimEnd('/')}/toxics";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<UndoStep>> PrepareAsync(CancellationToken cancellationToken)
    {
        await SendAsync(HttpMethod.Get, proxy, null, cancellationToken).ConfigureAwait(false);
        return [new UndoStep.Request(new Uri($"{Toxics}/{_name}"), NeedsKey: false)];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<UndoStep>?> InjectAsync(CancellationToken cancellationToken)
    {
        var toxic = ToxicDisturbance.Of(fault, _name);
        var attributes = new JsonObject(toxic.Attributes.Select(each => KeyValuePair.Create(each.Key, (JsonNode?)each.Value)));
        var body = new JsonObject { ["name"] = _name, ["type"] = toxic.Type, ["stream"] = fault.Stream.ToString().ToLowerInvariant(), ["toxicity"] = fault.Share, ["attributes"] = attributes };
        await SendAsync(HttpMethod.Post, new Uri(Toxics), body.ToJsonString(), cancellationToken).ConfigureAwait(false);
        return null;
    }

    private static async Task SendAsync(HttpMethod method, Uri url, string? body, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };
        using var request = new HttpRequestMessage(method, url) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        try
        {
            using var answer = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (answer.IsSuccessStatusCode)
                return;
            var text = await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            throw new FaultException($"{method} {url} was answered with {(int)answer.StatusCode}: {text[..Math.Min(text.Length, 500)].ReplaceLineEndings(" ")}");
        }
        catch (Exception problem) when (problem is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw new FaultException($"{method} {url} failed: {problem.Message}; is a proxy running there?", problem);
        }
    }
}
