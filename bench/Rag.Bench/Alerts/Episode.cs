namespace Rag.Bench.Alerts;

/// <summary>A real fault, and the alerts that must tell of it.</summary>
/// <param name="Fault">What is planted, in words.</param>
/// <param name="Alerts">Those that must fire while it lasts.</param>
/// <param name="Plant">Plants it. Disposing what it returns undoes it.</param>
internal sealed record Episode(string Fault, IReadOnlyList<AlertName> Alerts, Func<Stage, CancellationToken, Task<IAsyncDisposable>> Plant)
{
    /// <summary>Alerts that can only fire once the fault is undone, such as of documents that were late.</summary>
    public IReadOnlyList<AlertName> Afterwards { get; init; } = [];

    /// <summary>How long the fault lasts at the least, though its alerts may fire earlier.</summary>
    public TimeSpan Least { get; init; }

    /// <summary>How long the alerts have to fire, and again to go.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>All that it is about.</summary>
    public IEnumerable<AlertName> All => Alerts.Concat(Afterwards);

    /// <summary>Whether it is asked for: by an alert's name or an objective's.</summary>
    public bool IsAbout(string word) =>
        All.Any(name => name.Alert.Equals(word, StringComparison.OrdinalIgnoreCase) || name.Objective.Equals(word, StringComparison.OrdinalIgnoreCase));
}
