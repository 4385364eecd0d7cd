using Loadline.Users;

namespace Loadline.Faults.Proxy.Toxics;

/// <summary>The stream's end comes later.</summary>
internal sealed class SlowClose : ToxicKind
{
    public override string Name => "slow_close";

    public override string About => "delays the end of the connection by `delay`";

    public override IReadOnlyList<ToxicAttribute> Attributes { get; } = [new("delay", "ms", "how late the end is")];

    internal override Behaviour On(Toxic toxic, SeededRandom chance) => new LateEnd(toxic.Milliseconds("delay").Ticks);

    internal sealed class LateEnd(long delay) : Behaviour
    {
        internal override void End(long now, IStageOutput output) => output.End(now + delay);
    }
}
