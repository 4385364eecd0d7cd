using Loadline.Llm;
using Loadline.Plans;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Loadline.Tests.Llm;

public sealed class TokenEngineTests : IDisposable
{
    private const long Millisecond = TimeSpan.TicksPerMillisecond;
    private readonly FakeTimeProvider _time = new();
    private readonly LlmMetrics _metrics = new();
    private TokenEngine? _engine;

    public void Dispose() => _engine?.Dispose();

    private TokenEngine Engine(LlmModel model) => _engine = new TokenEngine(model, TimeSpan.FromMilliseconds(2), _time, _metrics);

    private static Generation Submit(TokenEngine engine, Sink sink, double first = .2, double gap = .02, int tokens = 5, bool fails = false, int cutAfter = int.MaxValue)
    {
        var generation = new Generation(new((long)(first * 1e7), tokens, () => (long)(gap * 1e7), fails, cutAfter), sink, engine.Now);
        sink.Accepted = engine.TrySubmit(generation);
        return generation;
    }

    /// <summary>Steps as a real clock would, so that timers fire one after another.</summary>
    private void Pass(double milliseconds)
    {
        for (double at = 0; at < milliseconds; at += .5)
            _time.Advance(TimeSpan.FromMilliseconds(.5));
    }

    [Fact]
    public void Tokens_are_written_when_they_are_due_to_the_nearest_tick()
    {
        var engine = Engine(Fixed.Model());
        var sink = new Sink(() => engine.Now);
        var generation = Submit(engine, sink);
        Pass(400);
        Assert.Equal(5, sink.Writes.Count);
        for (var k = 0; k < 5; k++) // 200, 220, 240, 260, 280 ms
            Assert.InRange(sink.Writes[k].At / (double)Millisecond, 200 + 20 * k - 1, 200 + 20 * k + 2);
        Assert.Equal(GenerationEnd.Finished, EndOf(generation));
        Assert.True(sink.Writes[^1].Last);
        Assert.Equal(0, engine.Busy);
    }

    [Fact]
    public void Rounding_to_ticks_does_not_add_up_over_a_thousand_tokens()
    {
        var engine = Engine(Fixed.Model());
        var sink = new Sink(() => engine.Now);
        Submit(engine, sink, first: .1, gap: .0033, tokens: 1000);
        Pass(3500);
        // The last of 1000 tokens is due at 100 + 999 × 3.3 = 3396.7 ms.
        Assert.InRange(sink.Writes[^1].At / (double)Millisecond, 3395, 3399);
        Assert.Equal(1000, sink.Writes.Sum(write => write.Count));
    }

    [Fact]
    public void Tokens_due_within_one_tick_are_written_together()
    {
        var engine = Engine(Fixed.Model());
        var sink = new Sink(() => engine.Now);
        Submit(engine, sink, gap: .0001, tokens: 100);
        Pass(300);
        Assert.Equal(100, sink.Writes.Sum(write => write.Count));
        Assert.InRange(sink.Writes.Count, 3, 12); // 10 ms of tokens in ticks of 2 ms
    }

    [Fact]
    public void With_all_slots_busy_tokens_take_one_plus_factor_times_as_long()
    {
        var engine = Engine(Fixed.Model(slots: 1, loadFactor: .5));
        var sink = new Sink(() => engine.Now);
        Submit(engine, sink, first: .2, gap: .02, tokens: 11);
        Pass(1000);
        Assert.InRange(sink.Writes[0].At / (double)Millisecond, 299, 302); // 200 × 1.5
        Assert.InRange((sink.Writes[^1].At - sink.Writes[0].At) / (double)Millisecond, 297, 303); // 10 × 20 × 1.5
    }

    [Fact]
    public void Slots_taken_away_end_with_their_answers_and_slots_given_back_start_those_who_wait()
    {
        var engine = Engine(Fixed.Model(slots: 3, queue: 10));
        var sinks = Enumerable.Range(0, 5).Select(_ => new Sink(() => engine.Now)).ToList();
        foreach (var sink in sinks)
            Submit(engine, sink, first: .1, gap: .01, tokens: 2);
        engine.Slots = 1;
        Assert.Equal((3, 2), (engine.Busy, engine.Queued));
        Pass(130); // three end at 110 ms, one place is left
        Assert.Equal((1, 1), (engine.Busy, engine.Queued));
        engine.Slots = 2;
        Assert.Equal((2, 0), (engine.Busy, engine.Queued));
    }

    [Fact]
    public void A_full_house_queues_then_refuses_and_admits_in_order_of_arrival()
    {
        var engine = Engine(Fixed.Model(slots: 1, queue: 2));
        var sinks = Enumerable.Range(0, 4).Select(_ => new Sink(() => engine.Now)).ToList();
        foreach (var sink in sinks)
            Submit(engine, sink, first: .1, gap: .01, tokens: 2);
        Assert.Equal([true, true, true, false], sinks.Select(sink => sink.Accepted));
        Assert.Equal((1, 2), (engine.Busy, engine.Queued));
        Pass(500);
        for (var i = 0; i < 3; i++) // each takes 110 ms, and begins as the one before it ends
            Assert.InRange(sinks[i].Writes[0].At / (double)Millisecond, 100 + 110 * i - 2, 100 + 110 * i + 8);
        Assert.Empty(sinks[3].Writes);
        Assert.Equal((0, 0), (engine.Busy, engine.Queued));
    }

    [Fact]
    public void Cancelling_frees_the_slot_at_once_for_who_waits()
    {
        var engine = Engine(Fixed.Model(slots: 1, queue: 2));
        var (first, second, third) = (new Sink(() => engine.Now), new Sink(() => engine.Now), new Sink(() => engine.Now));
        var running = Submit(engine, first);
        var waiting = Submit(engine, second);
        Submit(engine, third);
        Pass(210);
        engine.Cancel(waiting);
        Assert.Equal((1, 1), (engine.Busy, engine.Queued));
        engine.Cancel(running);
        engine.Cancel(running);
        Assert.Equal((1, 0), (engine.Busy, engine.Queued));
        Pass(1000);
        Assert.Single(first.Writes);
        Assert.Empty(second.Writes);
        Assert.InRange(third.Writes[0].At / (double)Millisecond, 409, 412); // 210 + 200
        Assert.Equal(GenerationEnd.Cancelled, EndOf(running));
        Assert.Equal(GenerationEnd.Cancelled, EndOf(waiting));
    }

    [Fact]
    public void A_client_that_is_behind_gets_what_it_missed_and_holds_no_slot()
    {
        var engine = Engine(Fixed.Model());
        var sink = new Sink(() => engine.Now);
        var generation = Submit(engine, sink, tokens: 10);
        Pass(225);
        sink.Behind = true;
        Pass(50);
        sink.Behind = false;
        Pass(10);
        Assert.Equal([1, 1, 3], sink.Writes.Select(write => write.Count)); // 240, 260 and 280 together
        sink.Behind = true;
        Pass(300);
        Assert.Equal(0, engine.Busy);
        Assert.Equal(GenerationEnd.Finished, EndOf(generation));
        Assert.Equal((5, 10), (generation.Written, generation.Generated));
    }

    [Fact]
    public void A_failing_answer_writes_nothing_and_ends_when_its_first_token_was_due()
    {
        var engine = Engine(Fixed.Model());
        var sink = new Sink(() => engine.Now);
        var generation = Submit(engine, sink, fails: true);
        Pass(190);
        Assert.False(generation.Completion.IsCompleted);
        Pass(20);
        Assert.Equal(GenerationEnd.Failed, EndOf(generation));
        Assert.Empty(sink.Writes);
        Assert.Equal(0, engine.Busy);
    }

    [Fact]
    public void A_cut_answer_stops_after_its_tokens_without_an_end()
    {
        var engine = Engine(Fixed.Model());
        var sink = new Sink(() => engine.Now);
        var generation = Submit(engine, sink, tokens: 10, cutAfter: 3);
        Pass(1000);
        Assert.Equal(GenerationEnd.Cut, EndOf(generation));
        Assert.Equal(3, sink.Writes.Sum(write => write.Count));
        Assert.DoesNotContain(sink.Writes, write => write.Last);
    }

    [Fact]
    public void Stopping_ends_what_runs_and_what_waits()
    {
        var engine = Engine(Fixed.Model(slots: 1, queue: 1));
        var running = Submit(engine, new Sink(() => 0));
        var waiting = Submit(engine, new Sink(() => 0));
        engine.Dispose();
        Assert.Equal(GenerationEnd.Cancelled, EndOf(running));
        Assert.Equal(GenerationEnd.Cancelled, EndOf(waiting));
    }

    private static GenerationEnd? EndOf(Generation generation) => generation.Completion.IsCompleted ? generation.Completion.Result : null;

    private sealed class Sink(Func<long> now) : ITokenSink
    {
        public List<(long At, int Count, bool Last)> Writes { get; } = [];

        public bool Behind { get; set; }

        public bool Accepted { get; set; }

        public int Write(int from, int to, bool last)
        {
            if (Behind)
                return 0;
            Writes.Add((now(), to - from, last));
            return to - from;
        }
    }
}
