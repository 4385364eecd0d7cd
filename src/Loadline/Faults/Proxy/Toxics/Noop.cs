namespace Loadline.Faults.Proxy.Toxics;

/// <summary>Bytes pass as they come.</summary>
internal sealed class Noop : ToxicKind
{
    public override string Name => "noop";

    public override string About => "does nothing";
}
