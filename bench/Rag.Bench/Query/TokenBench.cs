using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Rag.Bench.SciFact;

namespace Rag.Bench.Query;

/// <summary>
/// The command <c>tokens</c>: the CPU time of <c>rag serve</c> for each token that it passes on from an LLM to a client, each token on its own
/// as real LLMs send them. The LLM and the clients live in this process and are not counted; retrieval and prompt are, spread over the tokens, and given apart by
/// measuring answers of two lengths.
/// </summary>
internal static partial class TokenBench
{
    public static Command Create()
    {
        var users = new Option<int>("--users") { Description = "Streams at a time", DefaultValueFactory = _ => 200 };
        var tokens = new Option<int>("--tokens") { Description = "Tokens of a long answer; a short one has a tenth", DefaultValueFactory = _ => 200 };
        var pause = new Option<int>("--pause") { Description = "Milliseconds between tokens of a stream", DefaultValueFactory = _ => 20 };
        var command = new Command("tokens", "CPU of rag serve for each streamed token") { users, tokens, pause };
        command.SetAction((arguments, cancellationToken) =>
            RunAsync(arguments.GetValue(users), arguments.GetValue(tokens), arguments.GetValue(pause), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(int users, int tokens, int pause, CancellationToken cancellationToken)
    {
        var answerTokens = tokens;
        await using var llm = await StartLlmAsync(() => answerTokens, pause);
        await using var rag = await ServedRag.StartAsync(cancellationToken, "--llm", llm.Urls.First());
        using var http = new HttpClient { BaseAddress = rag.Url };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", rag.Key);
        for (var i = 0; i < 20; i++)
            (await http.PostAsJsonAsync("/documents", new { id = $"d{i}", text = $"The tide number {i} rises twice a day because of the moon." }, cancellationToken)).Dispose();

        for (var warm = 0; warm < 3; warm++) // compiled and warm
            await PassAsync(http, users, warm, cancellationToken);
        var longAnswers = await MeasureAsync();
        answerTokens = tokens / 10;
        var shortAnswers = await MeasureAsync();
        var perToken = (longAnswers.Cpu - shortAnswers.Cpu) / (longAnswers.Tokens - shortAnswers.Tokens);
        var perQuery = shortAnswers.Cpu / users - perToken * shortAnswers.Tokens / users;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{longAnswers.Tokens} tokens in {longAnswers.Seconds:0.0} s ({longAnswers.Tokens / longAnswers.Seconds:0} tokens/s): {perToken * 1e6:0.0} µs of CPU per token, {perQuery * 1e6:0} µs per query besides"));
        return 0;

        async Task<(double Cpu, long Tokens, double Seconds)> MeasureAsync()
        {
            var before = await CpuAsync(http, cancellationToken);
            var started = Stopwatch.GetTimestamp();
            var counted = await PassAsync(http, users, Environment.TickCount, cancellationToken);
            return (await CpuAsync(http, cancellationToken) - before, counted, Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
    }

    private static async Task<long> PassAsync(HttpClient http, int users, int round, CancellationToken cancellationToken)
    {
        var counts = await Task.WhenAll(Enumerable.Range(0, users).Select(async user =>
        {
            // Each question is another one: an answer from the cache would be no measurement.
            using var request = new HttpRequestMessage(HttpMethod.Post, "/query") { Content = JsonContent.Create(new { query = $"Why does tide {user} of {round} rise?", stream = true }) };
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            response.EnsureSuccessStatusCode();
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
            var counted = 0L;
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
                if (line == "event: token")
                    counted++;
                else if (line == "event: error")
                    throw new InvalidOperationException(await reader.ReadLineAsync(cancellationToken));
            return counted;
        }));
        return counts.Sum();
    }

    private static async Task<double> CpuAsync(HttpClient http, CancellationToken cancellationToken) => double.Parse(
        CpuLine().Match(await http.GetStringAsync("/metrics", cancellationToken)).Groups[1].Value, CultureInfo.InvariantCulture);

    private static async Task<WebApplication> StartLlmAsync(Func<int> tokens, int pause)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        var app = builder.Build();
        var chunk = Encoding.UTF8.GetBytes("""data: {"id":"chatcmpl-123","object":"chat.completion.chunk","created":1700000000,"model":"sim","choices":[{"index":0,"delta":{"content":" token"},"finish_reason":null}]}""" + "\n\n");
        var end = Encoding.UTF8.GetBytes("""data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""" + "\n\ndata: [DONE]\n\n");
        app.MapPost("/v1/chat/completions", async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            context.Response.ContentType = "text/event-stream";
            var count = tokens();
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(pause));
            for (var i = 0; i < count; i++)
            {
                await context.Response.BodyWriter.WriteAsync(chunk);
                await timer.WaitForNextTickAsync(context.RequestAborted);
            }

            await context.Response.BodyWriter.WriteAsync(end);
        });
        await app.StartAsync();
        return app;
    }

    [GeneratedRegex(@"^process_cpu_seconds_total (\S+)", RegexOptions.Multiline)]
    private static partial Regex CpuLine();
}
