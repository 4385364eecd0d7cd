using Loadline.Faults.Proxy.Http;

namespace Loadline.Faults.Proxy.Toxics;

/// <summary>A stream breaks off.</summary>
internal sealed class Cut : ToxicKind
{
    public override string Name => "cut";

    public override string About => "closes the connection once `events` events of a stream have passed, without the stream's end";

    public override bool IsOurs => true;

    public override IReadOnlyList<ToxicAttribute> Attributes { get; } = [new("events", "", "how many events pass; 0: only the head")];

    internal override HttpEffect OnMessages(Toxic toxic) => new Broken(toxic["events"]);

    private sealed class Broken(long after) : HttpEffect
    {
        internal override bool ActsOn(in MessageHead response) => response.Pieces != Pieces.None;

        internal override Turn After(long events) => events == after ? new Turn(0, Cut: true) : Turn.None;
    }
}
