using Loadline.Users;

namespace Loadline.Faults.Proxy.Toxics;

/// <summary>Both sides see a reset (RST), once bytes have come.</summary>
internal sealed class ResetPeer : ToxicKind
{
    public override string Name => "reset_peer";

    public override string About => "once bytes come, lets `bytes` of them through, then nothing, and resets the connection (RST) after `timeout`";

    public override IReadOnlyList<ToxicAttribute> Attributes { get; } =
    [
        new("timeout", "ms", "how long nothing passes before the reset; 0: at once"),
        new("bytes", "", "how many bytes still pass: a reset in the middle of an answer") { IsOurs = true, Most = long.MaxValue },
    ];

    internal override Behaviour On(Toxic toxic, SeededRandom chance) => new Resetting(toxic["bytes"], toxic.Milliseconds("timeout").Ticks);

    internal sealed class Resetting(long bytesBefore, long timeout) : Behaviour
    {
        private long _left = bytesBefore;
        private bool _set;

        internal override void Take(ReadOnlySpan<byte> bytes, long now, IStageOutput output)
        {
            var passing = bytes[..(int)Math.Min(bytes.Length, _left)];
            output.Pass(passing, now);
            _left -= passing.Length;
            if (passing.Length == bytes.Length)
                return;
            if (!_set)
                output.Reset(now + timeout);
            _set = true;
            // Not lost if the toxic goes before its time.
            output.Pass(bytes[passing.Length..], Never);
        }

        internal override void End(long now, IStageOutput output)
        {
            if (!_set && _left == 0)
                output.Reset(now + timeout);
            output.End(now);
        }
    }
}
