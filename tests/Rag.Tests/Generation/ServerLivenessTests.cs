using Microsoft.Extensions.Time.Testing;
using Rag.Engines.OpenAi;
using Xunit;

namespace Rag.Tests.Generation;

public sealed class ServerLivenessTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<TaskCompletionSource<bool>> _asked = [];
    private readonly ServerLiveness _liveness;

    public ServerLivenessTests() => _liveness = new ServerLiveness(
        _ =>
        {
            _asked.Add(new TaskCompletionSource<bool>());
            return _asked[^1].Task;
        },
        _time);

    [Fact]
    public void A_silent_server_is_asked_once_for_all_that_wait_and_its_silence_fails_them()
    {
        using var first = Stream();
        Pass(200);
        using var second = Stream();
        Pass(190);
        Assert.Empty(_asked);
        Pass(20);
        Assert.Single(_asked);
        Pass(280);
        Assert.False(first.Dead);
        Pass(30);
        Assert.True(first.Dead && second.Dead);
        Assert.True(first.Token.IsCancellationRequested);
        Assert.Single(_asked);
    }

    [Fact]
    public void A_server_that_says_that_it_lives_is_asked_again_while_its_silence_lasts()
    {
        using var stream = Stream();
        for (var second = 0; second < 10; second++)
            for (var i = 0; i < 100; i++)
            {
                Pass(10);
                if (_asked.Count > 0)
                    _asked[^1].TrySetResult(true);
            }

        Assert.False(stream.Dead);
        Assert.InRange(_asked.Count, 20, 30);
    }

    [Fact]
    public void While_any_stream_is_told_something_nobody_asks()
    {
        using var waiting = Stream();
        for (var i = 0; i < 100; i++)
        {
            Pass(100);
            _liveness.Heard();
        }

        Assert.Empty(_asked);
    }

    [Fact]
    public void A_stream_in_the_middle_fails_when_it_was_silent_for_a_second()
    {
        using var old = Stream();
        Pass(50);
        _liveness.Heard();
        old.Progress();
        Pass(600);
        using var young = Stream();
        young.Progress();
        Pass(410); // the old one is silent for 1010 ms, the young one for 410
        Assert.Single(_asked);
        Pass(320);
        Assert.True(old.Dead);
        Assert.False(young.Dead);
    }

    [Fact]
    public void What_is_heard_while_the_question_is_out_counts()
    {
        using var stream = Stream();
        Pass(410);
        _liveness.Heard();
        Pass(310);
        Assert.False(stream.Dead);
    }

    public void Dispose() => _liveness.Dispose();

    private StreamWatch Stream()
    {
        var stream = new StreamWatch(_time, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), default);
        _liveness.Watch(stream);
        return stream;
    }

    private void Pass(int milliseconds)
    {
        for (var i = 0; i < milliseconds; i += 10)
            _time.Advance(TimeSpan.FromMilliseconds(10));
    }
}
