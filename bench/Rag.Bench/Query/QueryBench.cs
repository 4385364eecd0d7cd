using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Rag.Bench.SciFact;

namespace Rag.Bench.Query;

/// <summary>The command <c>query</c>: what a query costs without an LLM, one user at a time, end to end over HTTP. Bar: P95 under 10 ms.</summary>
internal static class QueryBench
{
    private const double BarMilliseconds = 10;
    private const int DocumentWords = 110; // one chunk each: made-up words are 2–3 tokens, and a chunk holds 320
    private const int Vocabulary = 20_000;
    private const int Topics = 200;
    private static readonly TimeSpan IndexLimit = TimeSpan.FromMinutes(10);

    public static Command Create()
    {
        var chunks = new Option<int>("--chunks") { Description = "Chunks in the index", DefaultValueFactory = _ => 10_000 };
        var requests = new Option<int>("--requests") { Description = "Requests measured of each kind, after 300 that are not", DefaultValueFactory = _ => 1_000 };
        var seed = new Option<int>("--seed") { Description = "Seed of texts and questions", DefaultValueFactory = _ => 1 };
        var command = new Command("query", "Latency of /query and /search with the extractive answerer, one user at a time") { chunks, requests, seed };
        command.SetAction((arguments, cancellationToken) =>
            RunAsync(arguments.GetValue(chunks), arguments.GetValue(requests), new Random(arguments.GetValue(seed)), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(int chunks, int requests, Random random, CancellationToken cancellationToken)
    {
        await using var rag = await ServedRag.StartAsync(cancellationToken);
        using var http = new HttpClient { BaseAddress = rag.Url };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", rag.Key);
        var words = new Words(random);
        await FillAsync(http, words, chunks, cancellationToken);

        Console.WriteLine("end to end, ms          P50      P95      P99      max");
        var within = true;
        within &= await MeasureAsync("/query", i => new { query = words.Question(), top_k = 5 });
        within &= await MeasureAsync("/query stream", i => new { query = words.Question(), top_k = 5, stream = true });
        within &= await MeasureAsync("/search", i => new { query = words.Question(), top_k = 10 });
        Console.WriteLine(within ? $"every P95 is under {BarMilliseconds} ms" : $"a P95 is not under {BarMilliseconds} ms");
        return within ? 0 : 1;

        async Task<bool> MeasureAsync(string kind, Func<int, object> body)
        {
            var path = kind.Split(' ')[0];
            var times = new List<double>(requests);
            for (var i = -300; i < requests; i++)
            {
                using var content = JsonContent.Create(body(i));
                await content.LoadIntoBufferAsync(cancellationToken);
                var started = Stopwatch.GetTimestamp();
                using var response = await http.PostAsync(path, content, cancellationToken);
                var text = await response.Content.ReadAsStringAsync(cancellationToken);
                var took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                if (!response.IsSuccessStatusCode || text.Contains("\"cached\":true", StringComparison.Ordinal) || text.Contains("event: error", StringComparison.Ordinal))
                    throw new InvalidOperationException($"{path}: not a computed answer: {(int)response.StatusCode} {text[..Math.Min(text.Length, 300)]}");
                if (i >= 0)
                    times.Add(took);
            }

            times.Sort();
            double At(double share) => times[Math.Min(times.Count - 1, (int)Math.Ceiling(share * times.Count) - 1)];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind,-18}{At(0.5),9:0.00}{At(0.95),9:0.00}{At(0.99),9:0.00}{times[^1],9:0.00}"));
            return At(0.95) < BarMilliseconds;
        }
    }

    private static async Task FillAsync(HttpClient http, Words words, int chunks, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(IndexLimit);
        var documents = Enumerable.Range(0, chunks).Select(i => new { id = $"d{i}", title = $"Document {i}", text = words.Text(), metadata = new { topic = i % Topics } }).ToList();
        await Parallel.ForEachAsync(documents, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = limit.Token }, async (document, token) =>
        {
            using var response = await http.PostAsJsonAsync("/documents", document, token);
            response.EnsureSuccessStatusCode();
        });
        while (true)
        {
            var status = await http.GetFromJsonAsync<JsonElement>("/status", limit.Token);
            var indexed = status.GetProperty("index").GetProperty("chunks").GetInt64();
            if (status.GetProperty("queue").GetProperty("depth").GetInt64() == 0)
            {
                Console.WriteLine($"{indexed} chunks of {chunks} documents are indexed");
                if (indexed < chunks)
                    throw new InvalidOperationException("not every document became searchable");
                return;
            }

            await Task.Delay(200, limit.Token);
        }
    }

    /// <summary>Texts of made-up words whose frequencies follow Zipf's law; questions of words that texts hold.</summary>
    private sealed class Words
    {
        private readonly Random _random;
        private readonly string[] _words;
        private readonly double[] _cumulative;

        public Words(Random random)
        {
            _random = random;
            _words = [.. Enumerable.Range(0, Vocabulary).Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => Syllable(random))))];
            _cumulative = new double[Vocabulary];
            var sum = 0.0;
            for (var i = 0; i < Vocabulary; i++)
                _cumulative[i] = sum += 1.0 / (i + 2);
        }

        public string Text() => string.Join(' ', Enumerable.Range(0, DocumentWords).Select(i => i % 12 == 11 ? Word() + "." : Word()));

        public string Question() => "What is " + string.Join(' ', Enumerable.Range(0, 6).Select(_ => Word())) + "?";

        private string Word()
        {
            var at = Array.BinarySearch(_cumulative, _random.NextDouble() * _cumulative[^1]);
            return _words[at < 0 ? Math.Min(~at, Vocabulary - 1) : at];
        }

        private static string Syllable(Random random) => $"{"bdfgklmnprstvz"[random.Next(14)]}{"aeiou"[random.Next(5)]}{"nrlst"[random.Next(5)]}";
    }
}
