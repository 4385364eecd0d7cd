using Loadline.Faults.Proxy.Http;

namespace Loadline.Faults.Proxy.Toxics;

/// <summary>The head of a good answer comes, and its body later.</summary>
internal sealed class LateFirstToken : ToxicKind
{
    public override string Name => "late_first_token";

    public override string About => "lets the head of an answer (2xx) through and delays its body, the first token with it, by `delay`";

    public override bool IsOurs => true;

    public override IReadOnlyList<ToxicAttribute> Attributes { get; } = [new("delay", "ms", "how late the body is")];

    internal override HttpEffect OnMessages(Toxic toxic) => new Late(toxic.Milliseconds("delay").Ticks);

    private sealed class Late(long delay) : HttpEffect
    {
        internal override bool ActsOn(in MessageHead response) => response.Status is >= 200 and < 300;

        internal override Turn After(long events) => events == 0 ? new Turn(delay, Cut: false) : Turn.None;
    }
}
