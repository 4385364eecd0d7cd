using Microsoft.Extensions.Time.Testing;
using Rag.Engines.Onnx;
using Rag.Engines.Onnx.Texts;
using Rag.Errors;
using Xunit;

namespace Rag.Tests.Onnx;

/// <summary>How inputs of several requests become batches.</summary>
public class MicroBatchesTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private readonly List<int[]> _batches = [];
    private readonly SemaphoreSlim _gate = new(0);
    private readonly SemaphoreSlim _entered = new(0);

    [Fact]
    public async Task Inputs_of_like_length_go_together_and_the_oldest_goes_first()
    {
        await using var batches = New(new OnnxOptions { Seam = "embedding", Folder = "", BatchTexts = 3, BatchWait = TimeSpan.Zero });
        var first = await OccupyAsync(batches);
        var all = Task.WhenAll(batches.ComputeAsync(Inputs(20, 3, 4), true, default), batches.ComputeAsync(Inputs(21, 5, 19), true, default));
        _gate.Release(10);
        await all.WaitAsync(Bound);
        await first;
        Assert.Equal(["9", "19 20 21", "3 4 5"], Said());
    }

    [Fact]
    public async Task A_batch_has_no_more_tokens_than_permitted_padding_included()
    {
        await using var batches = New(new OnnxOptions { Seam = "embedding", Folder = "", BatchTexts = 32, BatchTokens = 40, BatchWait = TimeSpan.Zero });
        var first = await OccupyAsync(batches);
        var all = batches.ComputeAsync(Inputs(10, 10, 10, 10, 10, 64), true, default);
        _gate.Release(10);
        await all.WaitAsync(Bound);
        await first;
        Assert.Equal(["9", "10 10 10 10", "10", "64"], Said()); // one that is larger by itself goes alone
    }

    [Fact]
    public async Task What_people_wait_for_goes_before_other_work_unless_that_has_waited_long()
    {
        var time = new FakeTimeProvider();
        await using var batches = New(new OnnxOptions { Seam = "embedding", Folder = "", BatchTexts = 1, BatchWait = TimeSpan.Zero }, time);
        var first = await OccupyAsync(batches);
        var work = batches.ComputeAsync(Inputs(50, 51), false, default);
        var question = batches.ComputeAsync(Inputs(5), true, default);
        _gate.Release();
        await first;
        await EnteredAsync();
        time.Advance(TimeSpan.FromSeconds(3));
        var later = batches.ComputeAsync(Inputs(6), true, default);
        _gate.Release(10);
        await Task.WhenAll(work, question, later).WaitAsync(Bound);
        Assert.Equal(["9", "5", "50", "51", "6"], Said());
    }

    [Fact]
    public async Task A_first_input_waits_for_others_and_no_longer_than_permitted()
    {
        var time = new FakeTimeProvider();
        await using var batches = New(new OnnxOptions { Seam = "embedding", Folder = "", BatchWait = TimeSpan.FromMilliseconds(20) }, time);
        _gate.Release(10);
        var one = batches.ComputeAsync(Inputs(5), true, default);
        var two = batches.ComputeAsync(Inputs(6), true, default);
        Assert.False(one.IsCompleted);
        var waited = System.Diagnostics.Stopwatch.StartNew();
        while (!(one.IsCompleted && two.IsCompleted) && waited.Elapsed < Bound)
        {
            time.Advance(TimeSpan.FromMilliseconds(20));
            await Task.Yield();
        }

        await Task.WhenAll(one, two).WaitAsync(Bound);
        Assert.Equal(["5 6"], Said());
    }

    [Fact]
    public async Task A_full_queue_refuses_at_once_and_says_when_to_come_again()
    {
        await using var batches = New(new OnnxOptions { Seam = "embedding", Folder = "", Queue = 4, BatchWait = TimeSpan.Zero });
        var first = await OccupyAsync(batches);
        var waiting = batches.ComputeAsync(Inputs(1, 2, 3), true, default);
        var error = await Assert.ThrowsAsync<RagException>(() => batches.ComputeAsync(Inputs(4, 5), true, default));
        Assert.Equal(RagError.Overloaded, error.Error);
        Assert.NotNull(error.RetryAfter);
        Assert.Contains("embedding:queue_texts permits 4", error.Message);
        _gate.Release(10);
        await Task.WhenAll(first, waiting).WaitAsync(Bound);
    }

    [Fact]
    public async Task A_request_that_was_cancelled_is_not_computed_and_holds_no_place()
    {
        await using var batches = New(new OnnxOptions { Seam = "embedding", Folder = "", Queue = 4, BatchWait = TimeSpan.Zero });
        var first = await OccupyAsync(batches);
        using var gone = new CancellationTokenSource();
        var cancelled = batches.ComputeAsync(Inputs(1, 2, 3), true, gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        _gate.Release(10);
        await first;
        await batches.ComputeAsync(Inputs(7, 7, 7, 7), true, default).WaitAsync(Bound);
        Assert.Equal(["9", "7 7 7 7"], Said());
    }

    [Fact]
    public async Task A_failed_batch_fails_its_requests_and_the_next_is_computed()
    {
        var fail = true;
        await using var batches = new MicroBatches([batch => fail ? throw new ModelException("broken") : [.. batch.Select(_ => new float[1])]], new OnnxOptions { Seam = "embedding", Folder = "" }, new OnnxMetrics("embedding"), TimeProvider.System);
        var error = await Assert.ThrowsAsync<RagException>(() => batches.ComputeAsync(Inputs(1), true, default));
        Assert.Equal((RagError.Unavailable, "embedding: broken"), (error.Error, error.Message));
        fail = false;
        Assert.Single(await batches.ComputeAsync(Inputs(1), true, default).WaitAsync(Bound));
    }

    [Fact]
    public async Task What_waits_at_the_end_fails()
    {
        var batches = New(new OnnxOptions { Seam = "embedding", Folder = "", BatchWait = TimeSpan.Zero });
        var first = await OccupyAsync(batches);
        var waiting = batches.ComputeAsync(Inputs(1), true, default);
        var ending = batches.DisposeAsync();
        _gate.Release(10);
        await ending;
        await first;
        Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(() => waiting)).Error);
    }

    private MicroBatches New(OnnxOptions options, TimeProvider? time = null) => new([Compute], options, new OnnxMetrics("embedding"), time ?? TimeProvider.System);

    private float[][] Compute(IReadOnlyList<TokenSequence> batch)
    {
        lock (_batches)
            _batches.Add([.. batch.Select(input => input.Ids.Length)]);
        _entered.Release();
        if (!_gate.Wait(Bound))
            throw new TimeoutException();
        return [.. batch.Select(input => new float[] { input.Ids.Length })];
    }

    // Keeps the only session busy, so that what comes next waits together.
    private async Task<Task> OccupyAsync(MicroBatches batches)
    {
        var first = batches.ComputeAsync(Inputs(9), true, default);
        await EnteredAsync();
        return first;
    }

    private async Task EnteredAsync() => Assert.True(await _entered.WaitAsync(Bound));

    private string[] Said()
    {
        lock (_batches)
            return [.. _batches.Select(batch => string.Join(' ', batch.Order()))];
    }

    private static TokenSequence[] Inputs(params int[] lengths) => [.. lengths.Select(length => new TokenSequence(new int[length], length))];
}
