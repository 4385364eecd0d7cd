using Loadline.Users;

namespace Loadline.Faults.Proxy;

/// <summary>A kind of toxic: a file in <c>Toxics</c> and a line in <see cref="ToxicKinds"/>.</summary>
public abstract class ToxicKind
{
    private IReadOnlyList<ToxicAttribute>? _all;

    /// <summary>As in Toxiproxy's API, such as <c>latency</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What it does; one sentence.</summary>
    public abstract string About { get; }

    /// <summary>Its own attributes.</summary>
    public virtual IReadOnlyList<ToxicAttribute> Attributes => [];

    /// <summary>Whether Toxiproxy doesn't have it.</summary>
    public virtual bool IsOurs => false;

    /// <summary>Its own attributes and those that every kind has.</summary>
    public IReadOnlyList<ToxicAttribute> AllAttributes => _all ??= [.. Attributes, ToxicAttribute.First];

    /// <summary>Whether it acts on connections, not on one of their streams.</summary>
    internal virtual bool OnBothStreams => false;

    /// <summary>Whether new connections are refused.</summary>
    internal virtual bool Refuses => false;

    /// <summary>Whether new connections are not even answered: all of them, since who asks is not known before.</summary>
    internal virtual bool Unanswers => false;

    /// <summary>Whether a new connection isn't taken on to the server while it acts.</summary>
    internal virtual bool KeepsFromServer => false;

    /// <summary>What it does to one stream of one connection; null when it acts elsewhere.</summary>
    /// <param name="toxic">Its settings.</param>
    /// <param name="chance">This connection's own chance.</param>
    internal virtual Behaviour? On(Toxic toxic, SeededRandom chance) => null;

    /// <summary>What it does to HTTP messages; null when it acts on bytes.</summary>
    internal virtual Http.HttpEffect? OnMessages(Toxic toxic) => null;
}
