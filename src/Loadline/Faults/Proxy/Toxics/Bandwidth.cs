using Loadline.Users;

namespace Loadline.Faults.Proxy.Toxics;

/// <summary>So many bytes a second for each connection. Each piece is due when its last byte would be through a line of that rate.</summary>
internal sealed class Bandwidth : ToxicKind
{
    public override string Name => "bandwidth";

    public override string About => "lets at most `rate` through, for each connection; 0 lets nothing through";

    public override IReadOnlyList<ToxicAttribute> Attributes { get; } = [new("rate", "KB/s", "1,000 bytes a second each")];

    internal override Behaviour On(Toxic toxic, SeededRandom chance) => new Line(toxic["rate"] * 1000);

    internal sealed class Line(long bytesPerSecond) : Behaviour
    {
        // Pieces leave 10 ms apart, or further at rates at which that would be hardly a byte.
        private const int PiecesPerSecond = 100;
        private const int LeastPiece = 256;

        private long _free;
        private long _sent;

        internal override bool Holds => bytesPerSecond == 0;

        // For 50 ms: far more than a timer is late.
        internal override long InFlight => bytesPerSecond / 20;

        internal override void Take(ReadOnlySpan<byte> bytes, long now, IStageOutput output)
        {
            if (bytesPerSecond == 0)
            {
                output.Pass(bytes, Never);
                return;
            }
            var most = (int)Math.Clamp(bytesPerSecond / PiecesPerSecond, LeastPiece, int.MaxValue);
            while (!bytes.IsEmpty)
            {
                var piece = bytes[..Math.Min(bytes.Length, most)];
                bytes = bytes[piece.Length..];
                output.Pass(piece, Through(piece.Length, now));
            }
        }

        // Counted from when the line was last idle, so that rounding never adds up.
        private long Through(int count, long now)
        {
            var through = _free + (long)((Int128)_sent * TimeSpan.TicksPerSecond / bytesPerSecond);
            if (through < now)
                (_free, _sent) = (now, 0);
            _sent += count;
            return _free + (long)((Int128)_sent * TimeSpan.TicksPerSecond / bytesPerSecond);
        }
    }
}
