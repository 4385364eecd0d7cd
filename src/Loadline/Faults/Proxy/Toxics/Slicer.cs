using Loadline.Users;

namespace Loadline.Faults.Proxy.Toxics;

/// <summary>Bytes come in small pieces, each a write of its own.</summary>
internal sealed class Slicer : ToxicKind
{
    public override string Name => "slicer";

    public override string About => "cuts bytes into pieces of `average_size` ± `size_variation`, `delay` apart";

    public override IReadOnlyList<ToxicAttribute> Attributes { get; } =
    [
        new("average_size", "bytes", "a piece's size; 0: not cut"),
        new("size_variation", "bytes", "how much more or less, drawn evenly; less than the average"),
        new("delay", "µs", "how long after a piece the next one comes"),
    ];

    internal override Behaviour On(Toxic toxic, SeededRandom chance) =>
        new Slices((int)toxic["average_size"], (int)toxic["size_variation"], TimeSpan.FromMicroseconds(toxic["delay"]).Ticks, chance);

    internal sealed class Slices(int average, int variation, long delay, SeededRandom chance) : Behaviour
    {
        private long _next;

        internal override void Take(ReadOnlySpan<byte> bytes, long now, IStageOutput output)
        {
            while (!bytes.IsEmpty)
            {
                var size = average == 0 ? bytes.Length : (int)Math.Clamp(average + (variation == 0 ? 0 : chance.NextInt64(-variation, (long)variation + 1)), 1, bytes.Length);
                var due = Math.Max(now, _next);
                output.Pass(bytes[..size], due);
                bytes = bytes[size..];
                _next = due + delay;
            }
        }
    }
}
