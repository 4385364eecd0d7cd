namespace Loadline.Faults.Proxy.Toxics;

/// <summary>New connections are not answered, as by a host that is gone; open ones stay.</summary>
internal sealed class ConnectHang : ToxicKind
{
    public override string Name => "connect_hang";

    public override string About => "doesn't answer new connections: connecting hangs until the client gives up, or goes on once the toxic is removed (at the kernel's next try, after 1 s, 3 s, 7 s …). Open ones stay. It meets all: no `toxicity`, no `first`; on Linux only, elsewhere some are accepted";

    public override bool IsOurs => true;

    internal override bool OnBothStreams => true;

    internal override bool Unanswers => true;
}
