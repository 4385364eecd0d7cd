namespace Loadline.Targets.OpenApi;

/// <summary>Where a description comes from: a file, or the service that describes itself.</summary>
public static class OpenApiSource
{
    private const int MostBytes = 16 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Reads a description's text: one GET within 10 s and 16 MiB where the source begins with <c>http://</c> or <c>https://</c>, else a file.</summary>
    /// <param name="source">A path or a URL.</param>
    /// <param name="stop">Ends the request.</param>
    /// <returns>The text, and the URL that it came from; null for a file.</returns>
    /// <exception cref="HttpRequestException">The service can't be reached, is late, or answers with anything but success.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    /// <exception cref="TargetProfileException">The URL has a user name or password in it.</exception>
    public static async Task<(string Text, Uri? From)> ReadAsync(string source, CancellationToken stop)
    {
        if (!Uri.TryCreate(source, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            return (await File.ReadAllTextAsync(source, stop).ConfigureAwait(false), null);
        if (url.UserInfo.Length > 0)
            throw new TargetProfileException("the description", [new ProfileProblem(1, "url", null, "carries a user name or password, which would be written into the profile", "save the description with a client that signs in, and give the file")]);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience, MaxResponseContentBufferSize = MostBytes };
        try
        {
            using var reply = await http.GetAsync(url, stop).ConfigureAwait(false);
            if (!reply.IsSuccessStatusCode)
                throw new HttpRequestException($"the service answered {(int)reply.StatusCode}");
            return (await reply.Content.ReadAsStringAsync(stop).ConfigureAwait(false), url);
        }
        catch (TaskCanceledException late) when (!stop.IsCancellationRequested)
        {
            throw new HttpRequestException($"the service did not answer within {Patience.TotalSeconds:0} s", late);
        }
    }
}
