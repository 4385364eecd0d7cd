using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rag.Embedding;
using Rag.Engines.Onnx;
using Rag.Errors;
using Rag.Tests.Onnx.Tiny;
using Xunit;

namespace Rag.Tests.Onnx;

/// <summary>A model that changes on disk takes over without a lost call, and a broken one doesn't.</summary>
public class CurrentModelTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Changed_files_answer_after_they_have_been_still_for_a_look()
    {
        using var folder = new TinyFolder();
        await using var current = Open(folder);
        var before = Describe(current);
        Assert.False(current.Look());
        folder.Change(8);
        Assert.False(current.Look()); // seen to change
        Assert.True(current.Look());
        var after = Describe(current);
        Assert.NotEqual(before.Folder.Version, after.Folder.Version);
        await before.Closed.WaitAsync(Bound);
        var embedding = new OnnxEmbedding(current, TimeProvider.System);
        OnnxEmbeddingTests.AssertNear(OnnxEmbeddingTests.Expected(folder, "the tide", "mean_tokens"), await OnnxEmbeddingTests.One(embedding, "the tide"));
    }

    [Fact]
    public async Task Another_size_of_vectors_is_another_model_and_answers_as_well()
    {
        using var folder = new TinyFolder();
        await using var current = Open(folder);
        folder.Change(8, hidden: 48);
        current.Look();
        Assert.True(current.Look());
        var embedding = new OnnxEmbedding(current, TimeProvider.System);
        Assert.Equal(48, (await embedding.DescribeAsync(default)).Dimensions);
    }

    [Fact]
    public async Task A_broken_model_keeps_the_old_one_and_says_so_once_and_the_next_whole_one_answers()
    {
        using var folder = new TinyFolder();
        var log = new ListLog();
        await using var current = Open(folder, log: log);
        var before = Describe(current);
        folder.Replace("model.onnx", [1, 2, 3]);
        for (var i = 0; i < 4; i++)
            Assert.False(current.Look());
        Assert.Same(before, Describe(current));
        var told = Assert.Single(log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
        Assert.Contains($"version {before.Folder.Version} goes on answering", told);
        Assert.Contains("model.onnx can't be loaded", told);
        folder.Change(9);
        current.Look();
        Assert.True(current.Look());
    }

    [Fact]
    public async Task Files_that_were_only_touched_change_nothing()
    {
        using var folder = new TinyFolder();
        await using var current = Open(folder);
        var before = Describe(current);
        File.SetLastWriteTimeUtc(Path.Combine(folder.Folder, "model.onnx"), new DateTime(2031, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        current.Look();
        Assert.False(current.Look());
        Assert.Same(before, Describe(current));
    }

    [Fact]
    public async Task The_old_model_is_closed_after_its_last_call_and_not_before()
    {
        using var folder = new TinyFolder();
        await using var current = Open(folder);
        var held = current.Hold();
        folder.Change(8);
        current.Look();
        current.Look();
        Assert.False(held.Closed.IsCompleted);
        Assert.Single(await held.ComputeAsync([held.Text.Encode("the tide")!], true, default)); // still works
        held.Release();
        await held.Closed.WaitAsync(Bound);
        Assert.False(held.TryHold());
    }

    [Fact]
    public async Task The_folder_is_looked_at_by_the_clock()
    {
        using var folder = new TinyFolder();
        var time = new FakeTimeProvider();
        await using var current = Open(folder, time, TimeSpan.FromSeconds(5), new ListLog());
        var before = Describe(current);
        folder.Change(8);
        var waited = System.Diagnostics.Stopwatch.StartNew();
        while (ReferenceEquals(before, Describe(current)) && waited.Elapsed < Bound)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        Assert.NotSame(before, Describe(current));
    }

    [Fact]
    public async Task Models_change_under_traffic_without_a_failed_call_and_each_vector_is_one_models()
    {
        using var folder = new TinyFolder();
        await using var current = Open(folder);
        var embedding = new OnnxEmbedding(current, TimeProvider.System);
        const string Text = "the captain turns the ship north";
        var expected = new System.Collections.Concurrent.ConcurrentDictionary<string, double[]>();
        using var stop = new CancellationTokenSource();
        expected[Describe(current).Folder.Version] = OnnxEmbeddingTests.Expected(folder, Text, "mean_tokens");
        var users = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var replies = new List<EmbedReply>();
            while (!stop.IsCancellationRequested)
                replies.Add(await embedding.EmbedAsync(new EmbedRequest([Text, "the sea"], EmbedPurpose.Query), default));
            return replies;
        })).ToList();
        var models = new List<LoadedModel>();
        for (var seed = 100; seed < 110; seed++)
        {
            models.Add(Describe(current));
            folder.Change(seed);
            current.Look();
            Assert.True(current.Look());
            expected[Describe(current).Folder.Version] = OnnxEmbeddingTests.Expected(folder, Text, "mean_tokens");
        }

        await stop.CancelAsync();
        var seen = (await Task.WhenAll(users)).SelectMany(replies => replies).ToList();
        Assert.All(seen, reply => OnnxEmbeddingTests.AssertNear(expected[reply.Model.Version], reply.Vectors[0]));
        foreach (var model in models)
            await model.Closed.WaitAsync(Bound); // none is left in memory
    }

    [Fact]
    public async Task After_the_end_nothing_is_computed()
    {
        using var folder = new TinyFolder();
        var current = Open(folder);
        var embedding = new OnnxEmbedding(current, TimeProvider.System);
        await current.DisposeAsync();
        Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(async () => await OnnxEmbeddingTests.One(embedding, "the sea"))).Error);
    }

    private static CurrentModel Open(TinyFolder folder, TimeProvider? time = null, TimeSpan reload = default, ListLog? log = null) =>
        new(new OnnxOptions { Seam = "embedding", Folder = folder.Folder, Threads = 1, Reload = reload, BatchWait = TimeSpan.Zero }, time ?? TimeProvider.System, log ?? (ILogger)NullLogger.Instance);

    private static LoadedModel Describe(CurrentModel current)
    {
        var model = current.Hold();
        model.Release();
        return model;
    }

    private sealed class ListLog : ILogger
    {
        private readonly List<string> _lines = [];

        public IReadOnlyList<string> Lines
        {
            get
            {
                lock (_lines)
                    return [.. _lines];
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lines)
                _lines.Add($"{logLevel}: {formatter(state, exception)}");
        }
    }
}
