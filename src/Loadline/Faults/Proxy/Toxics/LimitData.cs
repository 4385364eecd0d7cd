using Loadline.Users;

namespace Loadline.Faults.Proxy.Toxics;

/// <summary>The connection is closed after so many bytes. The count outlives a change of the limit.</summary>
internal sealed class LimitData : ToxicKind
{
    public override string Name => "limit_data";

    public override string About => "closes the connection once `bytes` have passed";

    public override IReadOnlyList<ToxicAttribute> Attributes { get; } = [new("bytes", "", "how many bytes pass") { Most = long.MaxValue }];

    internal override Behaviour On(Toxic toxic, SeededRandom chance) => new Limit(toxic["bytes"]);

    internal sealed class Limit(long most) : Behaviour
    {
        private long _passed;

        internal override void Take(ReadOnlySpan<byte> bytes, long now, IStageOutput output)
        {
            var passing = bytes[..(int)Math.Clamp(most - _passed, 0, bytes.Length)];
            output.Pass(passing, now);
            _passed += passing.Length;
            if (_passed >= most)
                output.Close(now);
        }

        internal override void Follow(Behaviour before) => _passed = ((Limit)before)._passed;
    }
}
