using System.Net.Http.Headers;

namespace Rag.Bench.Alerts;

/// <summary>Sends requests to several gateways in turn, as a load balancer before them does, or to one alone, as clients without one.</summary>
internal sealed class Gateways(IReadOnlyList<Uri> addresses) : DelegatingHandler(new SocketsHttpHandler { UseProxy = false, ActivityHeadersPropagator = null })
{
    private int _next;

    /// <summary>Whether all requests go to the first.</summary>
    public bool OnlyFirst { get; set; }

    /// <summary>A user's client over them.</summary>
    public HttpClient Client(string key)
    {
        var http = new HttpClient(this, disposeHandler: false) { BaseAddress = addresses[0], Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return http;
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var gateway = OnlyFirst ? 0 : (int)((uint)Interlocked.Increment(ref _next) % (uint)addresses.Count);
        request.RequestUri = new Uri(addresses[gateway], request.RequestUri!.PathAndQuery);
        return base.SendAsync(request, cancellationToken);
    }
}
