using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Rag.Host;
using Rag.Tests.Gateway;
using Rag.Tests.Generation;
using Xunit;

namespace Rag.Tests.Host;

/// <summary>The command <c>rag</c> as a process of its own.</summary>
public sealed class RagCommandTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60); // for a machine that is busy with other things

    private readonly string _data = Directory.CreateTempSubdirectory("rag-host-").FullName;
    private readonly List<Process> _processes = [];

    public void Dispose()
    {
        foreach (var process in _processes)
        {
            if (!process.HasExited)
                process.Kill();
            process.Dispose();
        }

        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task It_serves_until_told_to_stop_and_then_ends_with_zero()
    {
        var (server, url) = await ServeAsync();
        using var http = new HttpClient { BaseAddress = url };
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/ready")).StatusCode);
        Signal(server, "TERM");
        await server.WaitForExitAsync().WaitAsync(Soon);
        Assert.Equal(ExitCode.Ok, server.ExitCode);
    }

    [Fact]
    public async Task A_key_added_beside_a_running_server_works_at_once_and_a_revoked_one_is_listed_so()
    {
        var (_, url) = await ServeAsync();
        var (code, key, _) = await RunAsync("keys", "add", "ann", "--tenant", "acme", "--limit", "3/min", "--data", _data);
        Assert.Equal(ExitCode.Ok, code);
        using var http = new HttpClient { BaseAddress = url };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Trim());
        using var response = await http.GetAsync("/documents");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("\"user\";q=3;w=60", response.Headers.GetValues("RateLimit-Policy").Single());
        Assert.Equal((ExitCode.Ok, "revoked 1"), ((await RunAsync("keys", "revoke", "ann", "--data", _data)) is var (c, o, _) ? (c, o.Trim()) : default));
        Assert.Matches(@"ann\s+acme\s+3/min\s+.*revoked", (await RunAsync("keys", "list", "--data", _data)).Output);
    }

    [Fact]
    public async Task Keys_are_kept_where_the_configuration_file_says()
    {
        var (file, data) = (Path.Combine(_data, "other.yaml"), Path.Combine(_data, "elsewhere"));
        await File.WriteAllTextAsync(file, $"data: {data}\nidentity: {{ requests_per_minute: 7 }}\n");
        Assert.Equal(ExitCode.Ok, (await RunAsync("keys", "add", "ann", "--config", file)).Code);
        Assert.Matches(@"ann\s+default\s+7/min\s+.*valid", (await RunAsync("keys", "list", "--config", file)).Output);
        Assert.Matches(@"ann\s", (await RunAsync("keys", "list", "--data", data)).Output);
        Assert.DoesNotMatch(@"ann\s", (await RunAsync("keys", "list", "--data", _data)).Output);
        Assert.Equal("revoked 1", (await RunAsync("keys", "revoke", "ann", "--config", file)).Output.Trim());

        await File.WriteAllTextAsync(file, "identity: { requests_per_minute: many }\n");
        var wrong = await RunAsync("keys", "list", "--config", file);
        Assert.Equal(ExitCode.InvalidArguments, wrong.Code);
        Assert.Contains("identity:requests_per_minute: 'many' is not permitted", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_folder_or_a_port_that_is_taken_is_told_in_one_line()
    {
        var (_, url) = await ServeAsync();
        var folder = await RunAsync("serve", "--urls", "http://127.0.0.1:0", "--data", _data);
        Assert.Equal(ExitCode.DataFolderInUse, folder.Code);
        Assert.Contains("is in use by another 'rag serve'", Assert.Single(Lines(folder.Error)));
        var other = Directory.CreateTempSubdirectory("rag-host-").FullName;
        var port = await RunAsync("serve", "--urls", url.ToString().TrimEnd('/'), "--data", other);
        Directory.Delete(other, recursive: true);
        Assert.Equal(ExitCode.AddressUnavailable, port.Code);
        Assert.Contains("address already in use", Lines(port.Error)[^1]);
        Assert.DoesNotContain("   at ", port.Error);
    }

    [Theory]
    [InlineData(ExitCode.InvalidArguments, "--limit: ", "keys", "add", "ann", "--limit", "lots")]
    [InlineData(ExitCode.InvalidArguments, "user: 'a b'", "keys", "add", "a b")]
    [InlineData(ExitCode.NotFound, "there is no valid key 'nobody'", "keys", "revoke", "nobody")]
    [InlineData(ExitCode.InvalidArguments, "--bogus", "serve", "--bogus")]
    [InlineData(ExitCode.InvalidArguments, "--urls: 'ftp://x'", "serve", "--urls", "ftp://x")]
    [InlineData(ExitCode.InvalidArguments, "identity:requests_per_minute: '0'", "serve", "--limit", "0")]
    [InlineData(ExitCode.InvalidArguments, "identity:dev_key: the value is not permitted; expected at least 16 characters", "serve", "--dev-key", "short")]
    [InlineData(ExitCode.InvalidArguments, "generation:url: 'x'", "serve", "--llm", "x")]
    [InlineData(ExitCode.InvalidArguments, "--services: there is no service 'serch'", "serve", "--services", "serch")]
    [InlineData(ExitCode.InvalidArguments, "--peer nobody: there is no service 'nobody'", "serve", "--peer", "nobody=unix:/x")]
    [InlineData(ExitCode.InvalidArguments, "--peer vectors: 'x' is not permitted", "serve", "--peer", "vectors=x")]
    [InlineData(ExitCode.InvalidArguments, "--peer vectors: names no address", "serve", "--peer", "vectors")]
    [InlineData(ExitCode.InvalidArguments, "--grpc: 'x' is not permitted", "serve", "--grpc", "x")]
    [InlineData(ExitCode.InvalidArguments, "query needs search, which this process neither hosts nor knows an address of", "serve", "--services", "query")]
    public async Task What_is_wrong_is_told_with_its_exit_code(int code, string told, params string[] arguments)
    {
        var run = await RunAsync([.. arguments, "--data", _data]);
        Assert.Contains(told, run.Error);
        Assert.Equal(code, run.Code);
        Assert.DoesNotContain("   at ", run.Error);
    }

    [Fact]
    public async Task An_unwritable_data_folder_is_told()
    {
        var file = Path.Combine(_data, "file");
        await File.WriteAllTextAsync(file, "");
        var run = await RunAsync("serve", "--data", Path.Combine(file, "below"));
        Assert.Equal(ExitCode.DataFolderUnusable, run.Code);
        Assert.Contains("can't be written", Assert.Single(Lines(run.Error)));
    }

    [Fact]
    public async Task It_stops_when_its_parent_is_gone()
    {
        var parent = Process.Start(new ProcessStartInfo("sleep", "300"))!;
        _processes.Add(parent);
        var (server, _) = await ServeAsync("--parent", $"{parent.Id}");
        Assert.False(server.HasExited);
        parent.Kill();
        await server.WaitForExitAsync().WaitAsync(Soon);
        Assert.Equal(ExitCode.Ok, server.ExitCode);
    }

    [Theory]
    [InlineData(1, ExitCode.Ok)]
    [InlineData(2, ExitCode.Interrupted)]
    public async Task An_open_stream_is_waited_for_a_little_and_a_second_signal_does_not_wait(int signals, int code)
    {
        await using var llm = await LlmServer.StartAsync(async context =>
        {
            await LlmServer.SayAsync(context, LlmServer.Chunk("a"));
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        const string Key = "dev-key-of-the-tests";
        var (server, url) = await ServeAsync("--dev-key", Key, "--llm", llm.Url.ToString());
        using var http = new HttpClient { BaseAddress = url };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        using var stream = await http.StreamAsync("/query", """{"query":"why?","stream":true}""");
        var events = stream.EventsAsync().GetAsyncEnumerator();
        // Citations come before the LLM is asked: only a token shows that it was.
        do
            Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(Soon));
        while (events.Current.Event != "token");
        Signal(server, "INT");
        if (signals == 2)
        {
            // Once it takes no more connections it has heard the first, and waits for the stream; two signals at once may be one.
            await GoneAsync(url);
            Assert.False(server.HasExited);
            Signal(server, "INT");
        }

        await server.WaitForExitAsync().WaitAsync(Soon);
        Assert.Equal(code, server.ExitCode);
        await llm.ClientWent.Task.WaitAsync(Soon);
    }

    [Fact]
    public async Task All_that_is_wrong_with_the_services_is_told_at_once_a_line_each()
    {
        var run = await RunAsync("serve", "--services", "search,x", "--peer", "y=unix:/y", "--grpc", "z");
        var lines = Lines(run.Error);
        Assert.All(lines, line => Assert.StartsWith("rag: ", line));
        foreach (var told in new[] { "no service 'x'", "no service 'y'", "'z' is not permitted", "search needs embedding", "search needs vectors", "search needs keywords" })
            Assert.Contains(lines, line => line.Contains(told, StringComparison.Ordinal));
    }

    [Fact]
    public async Task List_names_every_service_with_what_it_depends_on()
    {
        var (code, output, _) = await RunAsync("list");
        Assert.Equal(ExitCode.Ok, code);
        var lines = Lines(output);
        Assert.Equal(13, lines.Length);
        var column = lines[0].IndexOf("DEPENDS ON", StringComparison.Ordinal);
        Assert.StartsWith("caching, documents, embedding, keywords, vectors", lines.Single(line => line.StartsWith("ingestion ", StringComparison.Ordinal))[column..]);
        Assert.Equal("–", lines.Single(line => line.StartsWith("vectors ", StringComparison.Ordinal))[column..]);
        // What its own engine can't, others can.
        Assert.Contains("one; many with chroma, pgvector", lines.Single(line => line.StartsWith("vectors ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("one; many with postgres", lines.Single(line => line.StartsWith("documents ", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Matches(@"^search\s+many\s", lines.Single(line => line.StartsWith("search ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Help_names_the_commands_and_the_exit_codes()
    {
        var help = await RunAsync("--help");
        Assert.Equal(ExitCode.Ok, help.Code);
        foreach (var word in new[] { "serve", "list", "keys", "112", "RAG_GENERATION__URL" })
            Assert.Contains(word, help.Output);
    }

    private async Task<(Process Process, Uri Url)> ServeAsync(params string[] more)
    {
        var process = Start(["serve", "--urls", "http://127.0.0.1:0", "--data", _data, .. more]);
        _ = process.StandardError.ReadToEndAsync();
        string? line;
        while ((line = await process.StandardOutput.ReadLineAsync().WaitAsync(Soon)) is not null)
            if (line.StartsWith("listening on ", StringComparison.Ordinal))
                return (process, new Uri(line["listening on ".Length..]));
        throw new InvalidOperationException("rag serve ended before it listened");
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var process = Start(arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Soon);
        return (process.ExitCode, await output, await error);
    }

    private Process Start(IEnumerable<string> arguments)
    {
        var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(ExitCode).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _data,
        })!;
        _processes.Add(process);
        return process;
    }

    /// <summary>Waits until nobody listens at an address any more.</summary>
    private static async Task GoneAsync(Uri url)
    {
        using var limit = new CancellationTokenSource(Soon);
        while (true)
        {
            using var knock = new TcpClient();
            try
            {
                await knock.ConnectAsync(url.Host, url.Port, limit.Token);
            }
            catch (SocketException)
            {
                return;
            }
        }
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static void Signal(Process process, string name)
    {
        using var kill = Process.Start("kill", ["-s", name, $"{process.Id}"]);
        kill.WaitForExit();
    }
}
