using Loadline.Faults.Proxy.Toxics;

namespace Loadline.Faults.Proxy;

/// <summary>The kinds of toxics that there are: the one list that the API, the docs and plans read.</summary>
public static class ToxicKinds
{
    /// <summary>All of them: Toxiproxy's, then ours.</summary>
    public static IReadOnlyList<ToxicKind> All { get; } =
    [
        new Latency(),
        new Bandwidth(),
        new SlowClose(),
        new TimedOut(),
        new ResetPeer(),
        new Slicer(),
        new LimitData(),
        new Noop(),
        new Refuse(),
        new Hang(),
        new ConnectHang(),
        new HttpStatus(),
        new LateFirstToken(),
        new Stall(),
        new Cut(),
    ];

    private static readonly Dictionary<string, ToxicKind> ByName = All.ToDictionary(kind => kind.Name);

    /// <summary>The kind of a name; null when there is none.</summary>
    public static ToxicKind? Find(string name) => ByName.GetValueOrDefault(name);
}
