using Loadline.Users;

namespace Loadline.Faults.Proxy.Toxics;

/// <summary>Bytes come later; an end comes right behind them (<see cref="SlowClose"/> delays it). Order is kept: with jitter, what is drawn to come sooner than what was before it comes with that.</summary>
internal sealed class Latency : ToxicKind
{
    public override string Name => "latency";

    public override string About => "delays all bytes by `latency` ± `jitter`; the rate isn't limited by it";

    public override IReadOnlyList<ToxicAttribute> Attributes { get; } =
    [
        new("latency", "ms", "how late bytes are"),
        new("jitter", "ms", "how much more or less, drawn evenly for each piece"),
    ];

    internal override Behaviour On(Toxic toxic, SeededRandom chance) => new Later(toxic.Milliseconds("latency").Ticks, toxic.Milliseconds("jitter").Ticks, chance);

    internal sealed class Later(long latency, long jitter, SeededRandom chance) : Behaviour
    {
        internal override long InFlight => long.MaxValue;

        internal override void Take(ReadOnlySpan<byte> bytes, long now, IStageOutput output) => output.Pass(bytes, Due(now));

        private long Due(long now) => now + Math.Max(0, latency + (jitter == 0 ? 0 : chance.NextInt64(-jitter, jitter + 1)));
    }
}
