namespace Rag.Host.Supervising;

/// <summary>One process to run: a service, one replica of it, or several services together.</summary>
/// <param name="Name">What it is called in logs and reports: the service's name, with <c>-N</c> where there are several.</param>
/// <param name="Service">The service that it hosts; of several the first.</param>
/// <param name="Replica">Which of the service's replicas, from 1.</param>
/// <param name="DependsOn">Names of the processes that must be ready before this one starts, and end after it.</param>
/// <param name="Grpc">Where its service is called, <c>unix:/path.sock</c>; null for a service that offers nothing to others.</param>
/// <param name="Listening">Its HTTP addresses; port 0 takes a free one.</param>
/// <param name="Arguments">The command line of <c>rag</c> without the HTTP addresses. Never a secret: every user of the machine can read it.</param>
internal sealed record ProcessPlan(
    string Name, string Service, int Replica, IReadOnlyList<string> DependsOn, string? Grpc, Listening Listening, IReadOnlyList<string> Arguments)
{
    /// <summary>Every service that it hosts.</summary>
    public IReadOnlyList<string> Services { get; init; } = [Service];
}

/// <summary>HTTP addresses of a process.</summary>
/// <param name="Http1">For HTTP/1.1; the first is where its health is asked for.</param>
/// <param name="Http2">For HTTP/2 without TLS.</param>
internal sealed record Listening(IReadOnlyList<string> Http1, IReadOnlyList<string> Http2)
{
    private const string Http1Announcement = "listening on ";
    private const string Http2Announcement = "listening with HTTP/2 on ";

    /// <summary>How many addresses there are.</summary>
    public int Count => Http1.Count + Http2.Count;

    /// <summary>As arguments of <c>rag serve</c>.</summary>
    public IEnumerable<string> Arguments() =>
        [.. Http1.SelectMany(url => new[] { "--urls", url }), .. Http2.SelectMany(url => new[] { "--http2-urls", url })];

    /// <summary>Whether a line of standard output says where the process listens, for whomever.</summary>
    public static bool IsAnnouncement(string line) => line.StartsWith("listening ", StringComparison.Ordinal);

    /// <summary>The addresses that a process announced, real ports in place of 0.</summary>
    public static Listening Announced(IReadOnlyList<string> lines) => new(After(lines, Http1Announcement), After(lines, Http2Announcement));

    /// <summary>The lines in which a process says where it listens.</summary>
    public IEnumerable<string> Announcements() => [.. Http1.Select(url => Http1Announcement + url), .. Http2.Select(url => Http2Announcement + url)];

    private static string[] After(IReadOnlyList<string> lines, string announcement) =>
        [.. lines.Where(line => line.StartsWith(announcement, StringComparison.Ordinal)).Select(line => line[announcement.Length..].Trim())];
}
