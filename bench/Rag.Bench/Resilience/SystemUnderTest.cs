using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;

namespace Rag.Bench.Resilience;

/// <summary>A RAG system of our own with a simulated LLM behind it, on free ports and a throwaway data folder.</summary>
internal sealed class SystemUnderTest : IAsyncDisposable
{
    private SystemUnderTest(BenchProcess llm, BenchProcess rag, string data, string key, string adminKey)
    {
        (Llm, Rag, Data, Key, AdminKey) = (llm, rag, data, key, adminKey);
        Http = Client(rag.Address, key);
        Admin = Client(rag.Address, adminKey);
        LlmHttp = new HttpClient { BaseAddress = llm.Address };
    }

    public BenchProcess Llm { get; private set; }

    public BenchProcess Rag { get; }

    /// <summary>Its data folder.</summary>
    public string Data { get; }

    /// <summary>A user's key.</summary>
    public string Key { get; }

    /// <summary>The administrator's key.</summary>
    public string AdminKey { get; }

    /// <summary>A user's client: any number of connections, no limit of its own on time.</summary>
    public HttpClient Http { get; }

    /// <summary>The administrator's.</summary>
    public HttpClient Admin { get; }

    /// <summary>For the LLM's metrics and slots.</summary>
    public HttpClient LlmHttp { get; }

    /// <param name="command"><c>serve</c> or <c>up</c>.</param>
    /// <param name="llm">Settings of the simulated LLM, such as <c>slots=40</c>.</param>
    /// <param name="more">Further arguments of the command.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <param name="environment">Configuration through the environment.</param>
    public static Task<SystemUnderTest> StartAsync(string command, IEnumerable<string> llm, IEnumerable<string> more, CancellationToken cancellationToken, params (string Name, string Value)[] environment) =>
        StartAsync(command, llm, more, null, cancellationToken, environment);

    /// <summary>As above, with a place for all that the system writes.</summary>
    public static async Task<SystemUnderTest> StartAsync(
        string command, IEnumerable<string> llm, IEnumerable<string> more, TextWriter? log, CancellationToken cancellationToken, params (string Name, string Value)[] environment)
    {
        var data = Directory.CreateTempSubdirectory("rag-resilience-").FullName;
        var (key, admin) = (Secret(), Secret());
        BenchProcess? model = null;
        try
        {
            model = await StartLlmAsync(0, llm, cancellationToken);
            var rag = await BenchProcess.StartAsync(
                "Rag.Host", [command, "--urls", "http://127.0.0.1:0", "--data", data, "--limit", "1000000/min", "--llm", model.Address.ToString(), .. more], cancellationToken,
                [("RAG_ADMIN_KEY", admin), ("RAG_IDENTITY__DEV_KEY", key), .. environment], log);
            return new SystemUnderTest(model, rag, data, key, admin);
        }
        catch
        {
            if (model is not null)
                await model.DisposeAsync();
            Directory.Delete(data, recursive: true);
            throw;
        }
    }

    /// <summary>Uploads documents to ask about and waits until all are found.</summary>
    public async Task FillAsync(int documents, CancellationToken cancellationToken)
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, documents), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken }, async (i, stop) =>
        {
            using var response = await Http.PostAsJsonAsync("/documents", new { id = $"base-{i}", title = $"Harbour {i}", text = Texts.Document(i) }, stop);
            response.EnsureSuccessStatusCode();
        });
        for (var i = 0; i < documents; i++)
            while (!(await Http.GetStringAsync($"/documents/base-{i}/status", cancellationToken)).Contains("\"searchable\"", StringComparison.Ordinal))
                await Task.Delay(50, cancellationToken);
    }

    /// <summary>Puts another simulated LLM in the place of the one that is there, at the same address.</summary>
    /// <param name="llm">Its settings.</param>
    /// <param name="cancellationToken">Stops its start.</param>
    public async Task ReplaceLlmAsync(IEnumerable<string> llm, CancellationToken cancellationToken)
    {
        var port = Llm.Address.Port;
        await Llm.DisposeAsync();
        Llm = await StartLlmAsync(port, llm, cancellationToken);
    }

    /// <summary>A client with a key, for as many connections as it likes.</summary>
    public HttpClient ClientOf(string key) => Client(Rag.Address, key);

    /// <summary>How many answers the LLM can generate at once from now on.</summary>
    public async Task SetSlotsAsync(int slots, CancellationToken cancellationToken)
    {
        using var response = await LlmHttp.PutAsync("/admin/slots", new StringContent(slots.ToString(CultureInfo.InvariantCulture)), cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Requests that have reached the LLM, however they ended; those in hand are not counted yet.</summary>
    public async Task<long> LlmRequestsAsync(CancellationToken cancellationToken) =>
        (long)(await Prometheus.ReadAsync(LlmHttp, new Uri("/metrics", UriKind.Relative), cancellationToken)).Where(s => s.Name == "llm_requests_total").Sum(s => s.Value);

    public async ValueTask DisposeAsync()
    {
        await Rag.DisposeAsync();
        await Llm.DisposeAsync();
        Http.Dispose();
        Admin.Dispose();
        LlmHttp.Dispose();
        Directory.Delete(Data, recursive: true);
    }

    private static Task<BenchProcess> StartLlmAsync(int port, IEnumerable<string> settings, CancellationToken cancellationToken) => BenchProcess.StartAsync(
        "Loadline.Cli", ["llm", "--port", port.ToString(CultureInfo.InvariantCulture), .. settings.SelectMany(s => new[] { "--set", "llm." + s })], cancellationToken);

    private static string Secret() => Convert.ToHexString(RandomNumberGenerator.GetBytes(16));

    private static HttpClient Client(Uri address, string key)
    {
        var http = new HttpClient(new SocketsHttpHandler { PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2), UseProxy = false, ActivityHeadersPropagator = null })
        {
            BaseAddress = address,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return http;
    }
}

/// <summary>Texts and questions that fit each other.</summary>
internal static class Texts
{
    private static readonly string[] Goods = ["copper", "timber", "grain", "wool", "salt", "coal", "tea", "paper", "glass", "iron"];

    public static string Document(int i) =>
        $"The harbour of town {i} was opened in {1800 + i % 200}. Ships brought {Goods[i % 10]} and {Goods[i / 10 % 10]} to its quays. A lighthouse of {20 + i % 60} metres marks the entrance of harbour {i}.";

    public static string Question(int i, int variant) => $"When was the harbour of town {i} opened, and what did ships bring there? ({variant})";
}
