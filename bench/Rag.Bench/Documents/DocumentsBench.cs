using System.CommandLine;
using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Rag.Caching;
using Rag.Chunks;
using Rag.Documents;
using Rag.Engines.Postgres;
using Rag.Engines.Postgres.Documents;
using Rag.Engines.Sqlite;
using Rag.Ingestion;

namespace Rag.Bench.Documents;

/// <summary>`documents`: what an upload, a poll and a chunk cost, in CPU time of this process and in waiting. The folder's disk is part of the result.</summary>
internal static class DocumentsBench
{
    private const int Bytes = 2_048;

    public static Command Command()
    {
        var seconds = new Option<int>("--seconds") { DefaultValueFactory = _ => 5, Description = "How long each part takes" };
        var folder = new Option<string?>("--folder") { Description = "Where the database is made (and removed); default: the temporary folder" };
        var postgres = new Option<string?>("--postgres") { Description = "A connection to PostgreSQL, as Npgsql writes it: keeps the documents there, in a schema that is made and dropped" };
        var command = new Command("documents", "Uploads, polls and chunks: CPU per operation, latency, throughput") { seconds, folder, postgres };
        command.SetAction((arguments, _) => arguments.GetValue(postgres) is { } connection
            ? OnPostgresAsync(arguments.GetValue(seconds), connection)
            : OnSqliteAsync(arguments.GetValue(seconds), arguments.GetValue(folder)));
        return command;
    }

    private static async Task OnPostgresAsync(int seconds, string connection)
    {
        var options = new PostgresOptions { Connection = connection, Schema = $"bench_{Environment.ProcessId}" };
        await using var source = new PostgresSource(options);
        using (var store = new PostgresDocumentStore(source, NullLogger<PostgresDocumentStore>.Instance))
            await MeasureAsync(store, seconds, reads: 2_000);
        await source.RunAsync(
            async (open, stop) =>
            {
                await using var drop = open.CreateCommand();
                drop.CommandText = $"DROP SCHEMA {options.Schema} CASCADE";
                return await drop.ExecuteNonQueryAsync(stop);
            }, default, within: TimeSpan.FromMinutes(1));
    }

    private static async Task OnSqliteAsync(int seconds, string? parent)
    {
        var folder = Directory.CreateDirectory(Path.Combine(parent ?? Path.GetTempPath(), $"rag-bench-{Environment.ProcessId}")).FullName;
        try
        {
            var store = SqliteDocumentStore.Open(folder);
            await MeasureAsync(store, seconds, reads: 50_000);
            Console.WriteLine($"database {new FileInfo(Path.Combine(folder, "documents.db")).Length >> 20} MiB, log {new FileInfo(Path.Combine(folder, "documents.db-wal")).Length >> 20} MiB");
            store.Dispose();
            Chunks(seconds);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureAsync(IDocumentStore store, int seconds, int reads)
    {
        using var service = new DocumentService(store, new DocumentsOptions(), TimeProvider.System, NullLogger<DocumentService>.Instance);
        using var cache = new CacheStore(new CachingOptions(), TimeProvider.System, new Random(1));
        using var invalidation = new CacheInvalidation(cache, TimeProvider.System, NullLogger<CacheInvalidation>.Instance);
        var queue = new OutboxQueue(service, store, invalidation, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var worker = IngestAsync(queue, stop.Token);
        await ClosedAsync(service, 1, seconds);
        await ClosedAsync(service, 64, seconds);
        await OpenAsync(service, seconds);
        await ReadsAsync(service, store, reads);
        await stop.CancelAsync();
        await worker;
    }

    /// <summary>Completes whatever is queued: the queue's own cost, without parsing and indexes.</summary>
    private static async Task IngestAsync(OutboxQueue queue, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                var jobs = await queue.ClaimAsync(new IngestionClaim("bench", "1", 32, TimeSpan.FromHours(1)), stop);
                await queue.CompleteAsync([.. jobs.Select(j => new IngestionResult(j, IngestionOutcome.Done, 1, Encoding.UTF8.GetString(j.Content.Span)))], stop);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private static async Task ClosedAsync(DocumentService service, int clients, int seconds)
    {
        await Task.WhenAll(Enumerable.Range(0, clients).Select(c => UploadAsync(service, $"warm{c}")));
        var waits = new List<double>();
        var (cpu, watch, commits) = (Process.GetCurrentProcess().TotalProcessorTime, Stopwatch.StartNew(), service.Writer.Commits);
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            while (watch.Elapsed.TotalSeconds < seconds)
            {
                var wait = await UploadAsync(service, null);
                lock (waits)
                    waits.Add(wait);
            }
        }));
        while ((await service.DescribeAsync(default)).QueueDepth > 0)
            await Task.Delay(1);
        var used = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        Console.WriteLine(
            $"{clients,3} clients, upload of {Bytes} bytes, claimed and completed: {waits.Count / watch.Elapsed.TotalSeconds,7:0}/s, CPU {used.TotalMicroseconds / waits.Count,6:0} µs each, " +
            $"{(double)waits.Count / (service.Writer.Commits - commits):0.0} uploads per commit, acknowledged p50 {At(waits, .5):0.00} ms p99 {At(waits, .99):0.00} ms");
    }

    /// <summary>The rates that a system of 1000 users asks for.</summary>
    private static async Task OpenAsync(DocumentService service, int seconds)
    {
        const int uploadsPerSecond = 150, pollsPerSecond = 400;
        var ids = new List<string>();
        var waits = new List<double>();
        var running = new List<Task>();
        var (cpu, watch) = (Process.GetCurrentProcess().TotalProcessorTime, Stopwatch.StartNew());
        var (uploads, polls) = (0, 0);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (watch.Elapsed.TotalSeconds < seconds && await tick.WaitForNextTickAsync())
        {
            for (; uploads < watch.Elapsed.TotalSeconds * uploadsPerSecond; uploads++)
            {
                var id = $"open{uploads}";
                ids.Add(id);
                running.Add(Task.Run(async () =>
                {
                    var wait = await UploadAsync(service, id);
                    lock (waits)
                        waits.Add(wait);
                }));
            }

            for (; polls < watch.Elapsed.TotalSeconds * pollsPerSecond; polls++)
                await service.GetStatusAsync("t", ids[polls * 31 % ids.Count], default);
        }

        await Task.WhenAll(running);
        var used = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        Console.WriteLine(
            $"{uploads / watch.Elapsed.TotalSeconds:0} uploads/s and {polls / watch.Elapsed.TotalSeconds:0} polls/s: {used / watch.Elapsed:P1} of one core, " +
            $"acknowledged p50 {At(waits, .5):0.00} ms p99 {At(waits, .99):0.00} ms");
    }

    private static async Task ReadsAsync(DocumentService service, IDocumentStore store, int times)
    {
        var (document, first) = ("open1", "warm0");
        await MeasureAsync("status", () => service.GetStatusAsync("t", document, default).AsTask());
        await MeasureAsync("status, from the store", () => store.FindAsync("t", first, default).AsTask());
        await MeasureAsync("document with its text", () => service.GetAsync("t", document, default).AsTask());
        await MeasureAsync("page of 20", () => service.ListAsync(new ListDocuments("t", null, null, 20), default).AsTask());

        async Task MeasureAsync(string what, Func<Task> read)
        {
            for (var i = 0; i < 2_000; i++)
                await read();
            var (bytes, watch) = (GC.GetTotalAllocatedBytes(), Stopwatch.StartNew());
            for (var i = 0; i < times; i++)
                await read();
            Console.WriteLine($"{what,-24} {watch.Elapsed.TotalMicroseconds / times,6:0.0} µs, {(GC.GetTotalAllocatedBytes() - bytes) / times} bytes allocated");
        }
    }

    private static void Chunks(int seconds)
    {
        var chunker = new Chunker(320, 40);
        var texts = Enumerable.Range(0, 200).Select(i => Text(new Random(i), 2_000)).ToArray();
        foreach (var text in texts)
            chunker.Split(text);
        var watch = Stopwatch.StartNew();
        long characters = 0;
        for (var i = 0; watch.Elapsed.TotalSeconds < seconds; i++)
        {
            chunker.Split(texts[i % texts.Length]);
            characters += texts[i % texts.Length].Length;
        }

        Console.WriteLine($"chunking: {watch.Elapsed.TotalMicroseconds * 2_000 / characters:0} µs per 2,000 characters, {characters / watch.Elapsed.TotalSeconds / 1e6:0.0} million characters/s");
    }

    private static async Task<double> UploadAsync(DocumentService service, string? id)
    {
        var watch = Stopwatch.GetTimestamp();
        await service.PutAsync(
            new PutDocument { Tenant = "t", User = "u", Id = id, Title = "A title", ContentType = "text/plain", Content = Encoding.UTF8.GetBytes(new string('x', Bytes)) }, default);
        return Stopwatch.GetElapsedTime(watch).TotalMilliseconds;
    }

    /// <summary>Words of Zipf's frequencies out of 20,000 made ones, in sentences.</summary>
    private static string Text(Random chance, int characters)
    {
        var text = new StringBuilder();
        while (text.Length < characters)
        {
            var words = chance.Next(6, 20);
            for (var i = 0; i < words; i++)
            {
                var word = new Random((int)Math.Pow(20_000, chance.NextDouble()));
                for (var n = word.Next(2, 10); n > 0; n--)
                    text.Append("etaoinshrdlucmfwyp"[word.Next(18)]);
                text.Append(i == words - 1 ? ". " : " ");
            }
        }

        return text.ToString();
    }

    private static double At(List<double> values, double share)
    {
        values.Sort();
        return values.Count == 0 ? double.NaN : values[Math.Min(values.Count - 1, (int)(share * values.Count))];
    }
}
