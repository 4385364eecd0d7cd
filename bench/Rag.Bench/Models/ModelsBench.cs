using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Rag.Embedding;
using Rag.Engines.Onnx;
using Rag.Tests.Onnx.Tiny;

namespace Rag.Bench.Models;

/// <summary>
/// The command <c>models</c>: a model is loaded and unloaded many times under traffic, by a change of its folder as in production; memory and handles after each, and their
/// slope (Theil–Sen: the median of all pairs' slopes, which single collections don't move). Loads before them are not counted: glibc's arenas, up to eight a processor, get their fill first. Then embeddings a second, by batch. The model is the tests' own: random weights in a BERT's shape.
/// </summary>
internal static class ModelsBench
{
    public static Command Create()
    {
        var loads = new Option<int>("--loads") { Description = "Loads and unloads", DefaultValueFactory = _ => 100 };
        var warm = new Option<int>("--warm") { Description = "Loads before those, while the allocator's arenas get their fill", DefaultValueFactory = _ => 100 };
        var users = new Option<int>("--users") { Description = "Askers at a time meanwhile", DefaultValueFactory = _ => 4 };
        var hidden = new Option<int>("--hidden") { Description = "Size of the model's vectors; its heads are 4, its layers 2", DefaultValueFactory = _ => 256 };
        var model = new Option<string?>("--model") { Description = "Embeddings a second of a real export in this folder instead" };
        var command = new Command("models", "ONNX models: memory over loads and unloads under traffic, embeddings a second") { loads, warm, users, hidden, model };
        command.SetAction(async (arguments, cancellationToken) =>
        {
            if (arguments.GetValue(model) is { } folder)
            {
                await SpeedAsync(folder, cancellationToken);
                return 0;
            }

            using var tiny = new TinyFolder();
            tiny.Change(1, hidden: arguments.GetValue(hidden));
            var flat = await LoadsAsync(tiny, arguments.GetValue(warm), arguments.GetValue(loads), arguments.GetValue(users), arguments.GetValue(hidden), cancellationToken);
            await SpeedAsync(tiny.Folder, cancellationToken);
            return flat ? 0 : 1;
        });
        return command;
    }

    private static async Task<bool> LoadsAsync(TinyFolder folder, int warm, int loads, int users, int hidden, CancellationToken cancellationToken)
    {
        var options = new OnnxOptions { Seam = "embedding", Folder = folder.Folder, Reload = TimeSpan.Zero };
        await using var current = new CurrentModel(options, TimeProvider.System, NullLogger.Instance);
        var embedding = new OnnxEmbedding(current, TimeProvider.System);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var (answered, failed) = (0L, 0L);
        var asking = Enumerable.Range(0, users).Select(user => Task.Run(async () =>
        {
            var random = new Random(user);
            while (!stop.IsCancellationRequested)
                try
                {
                    await embedding.EmbedAsync(new EmbedRequest([.. Enumerable.Range(0, 4).Select(_ => TinyFolder.Text(random, random.Next(1, 40)))], EmbedPurpose.Query), default);
                    Interlocked.Increment(ref answered);
                }
                catch (Exception)
                {
                    Interlocked.Increment(ref failed);
                }
        }, CancellationToken.None)).ToList();
        byte[][] models = [.. new[] { 2, 3 }.Select(seed => new TinyBert(seed, TinyFolder.Vocabulary.Count, hidden).ToOnnx())]; // made before: only loading is looked at
        var (memory, handles, times) = (new double[loads], new double[loads], new double[loads]);
        for (var load = -warm; load < loads; load++)
        {
            var before = current.Hold();
            before.Release();
            folder.Replace("model.onnx", models[load & 1]);
            current.Look();
            var started = Stopwatch.GetTimestamp();
            if (!current.Look())
                throw new InvalidOperationException("the changed model was not taken");
            var took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            await before.Closed.WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true); // our own garbage is not what is looked for
            if (load < 0)
                continue;
            times[load] = took;
            using var self = Process.GetCurrentProcess();
            (memory[load], handles[load]) = (self.WorkingSet64 / 1024.0, self.HandleCount);
        }

        await stop.CancelAsync();
        await Task.WhenAll(asking);
        var half = loads / 2;
        var (slope, handleSlope) = (TheilSen(memory), TheilSen(handles));
        var size = new FileInfo(Path.Combine(folder.Folder, "model.onnx")).Length / 1024.0;
        Say($"{loads} loads and unloads (after {warm}) of {size:0} KB under {users} askers: {answered} requests answered, {failed} failed; a load takes {times.Order().ElementAt(loads / 2):0.0} ms");
        Say($"RSS after the first load, at a quarter, half, three quarters, the end: {memory[0] / 1024:0.0}, {memory[loads / 4] / 1024:0.0}, {memory[half] / 1024:0.0}, {memory[loads * 3 / 4] / 1024:0.0}, {memory[^1] / 1024:0.0} MB; slope {slope:0.00} KB a load ({slope / size:P1} of a model); managed {GC.GetTotalMemory(true) / 1048576.0:0.0} MB of {GC.GetGCMemoryInfo().TotalCommittedBytes / 1048576.0:0.0}; handles {handles[0]:0}, {handles[half]:0}, {handles[^1]:0}, slope {handleSlope:0.00}");
        return failed == 0 && slope < 0.1 * size && handleSlope < 0.1;
    }

    private static async Task SpeedAsync(string folder, CancellationToken cancellationToken)
    {
        foreach (var texts in new[] { 1, 8, 32 })
            foreach (var batch in new[] { 1, 32 })
            {
                await using var current = new CurrentModel(new OnnxOptions { Seam = "embedding", Folder = folder, Reload = TimeSpan.Zero, BatchTexts = batch }, TimeProvider.System, NullLogger.Instance);
                var embedding = new OnnxEmbedding(current, TimeProvider.System);
                await RunAsync(TimeSpan.FromSeconds(0.5));
                var (count, seconds) = await RunAsync(TimeSpan.FromSeconds(3));
                Say($"8 askers, {texts} text(s) of 30 words a request, batches of up to {batch}: {count / seconds:0} embeddings/s");

                async Task<(long Count, double Seconds)> RunAsync(TimeSpan time)
                {
                    var started = Stopwatch.GetTimestamp();
                    var count = 0L;
                    await Task.WhenAll(Enumerable.Range(0, 8).Select(user => Task.Run(async () =>
                    {
                        var random = new Random(user);
                        while (Stopwatch.GetElapsedTime(started) < time)
                        {
                            await embedding.EmbedAsync(new EmbedRequest([.. Enumerable.Range(0, texts).Select(_ => TinyFolder.Text(random, 30))], EmbedPurpose.Query), cancellationToken);
                            Interlocked.Add(ref count, texts);
                        }
                    }, cancellationToken)));
                    return (count, Stopwatch.GetElapsedTime(started).TotalSeconds);
                }
            }
    }

    private static double TheilSen(double[] values) =>
        (from i in Enumerable.Range(0, values.Length) from j in Enumerable.Range(i + 1, values.Length - i - 1) select (values[j] - values[i]) / (j - i)).Order().ElementAt(values.Length * (values.Length - 1) / 4);

    private static void Say(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
