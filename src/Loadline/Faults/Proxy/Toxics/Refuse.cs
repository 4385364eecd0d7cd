namespace Loadline.Faults.Proxy.Toxics;

/// <summary>New connections are refused; open ones stay.</summary>
internal sealed class Refuse : ToxicKind
{
    public override string Name => "refuse";

    public override string About => "refuses new connections: nothing listens; with `toxicity` or `first` they are accepted and reset at once. Open ones stay";

    public override bool IsOurs => true;

    internal override bool OnBothStreams => true;

    internal override bool Refuses => true;
}
