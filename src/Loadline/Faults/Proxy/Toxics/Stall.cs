using Loadline.Faults.Proxy.Http;

namespace Loadline.Faults.Proxy.Toxics;

/// <summary>A gap between tokens.</summary>
internal sealed class Stall : ToxicKind
{
    public override string Name => "stall";

    public override string About => "stops a stream of events for `delay` once `events` of them have passed; 0 stops it until the toxic is removed";

    public override bool IsOurs => true;

    public override IReadOnlyList<ToxicAttribute> Attributes { get; } =
    [
        new("events", "", "how many events pass before the gap") { Default = 1, Least = 1 },
        new("delay", "ms", "how long the gap is; 0: until the toxic is removed"),
    ];

    internal override HttpEffect OnMessages(Toxic toxic) => new Gap(toxic["events"], toxic["delay"] == 0 ? Behaviour.Never : toxic.Milliseconds("delay").Ticks);

    private sealed class Gap(long after, long delay) : HttpEffect
    {
        internal override bool ActsOn(in MessageHead response) => response.Pieces != Pieces.None;

        internal override Turn After(long events) => events == after ? new Turn(delay, Cut: false) : Turn.None;
    }
}
