using Loadline.Users;

namespace Loadline.Faults.Proxy.Toxics;

/// <summary>Connections are accepted and nothing ever comes back, nor reaches the server.</summary>
internal sealed class Hang : ToxicKind
{
    public override string Name => "hang";

    public override string About => "accepts connections and lets nothing through in either direction; a new one reaches the server only once the toxic is removed, and what came meanwhile goes on then";

    public override bool IsOurs => true;

    internal override bool OnBothStreams => true;

    internal override bool KeepsFromServer => true;

    internal override Behaviour On(Toxic toxic, SeededRandom chance) => new TimedOut.Silence(0);
}
