using Loadline.Users;

namespace Loadline.Faults.Proxy.Toxics;

/// <summary>Nothing passes; what comes is held, as a network that is down holds it at its ends, and goes on when the toxic goes.</summary>
internal sealed class TimedOut : ToxicKind
{
    public override string Name => "timeout";

    public override string About => "lets nothing through, and closes the connection after `timeout`; 0 keeps it open until the toxic is removed, and what came meanwhile goes on then";

    public override IReadOnlyList<ToxicAttribute> Attributes { get; } = [new("timeout", "ms", "after how long connections are closed; 0: never")];

    internal override Behaviour On(Toxic toxic, SeededRandom chance) => new Silence(toxic.Milliseconds("timeout").Ticks);

    /// <summary>Holds everything, and closes the connection after a time if that isn't 0.</summary>
    internal sealed class Silence(long closeAfter) : Behaviour
    {
        internal override bool Holds => true;

        internal override void Start(long now, IStageOutput output)
        {
            if (closeAfter > 0)
                output.Close(now + closeAfter);
        }

        internal override void Take(ReadOnlySpan<byte> bytes, long now, IStageOutput output) => output.Pass(bytes, Never);

        internal override void End(long now, IStageOutput output) => output.End(Never);
    }
}
