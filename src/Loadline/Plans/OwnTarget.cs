namespace Loadline.Plans;

/// <summary>A target that Loadline starts itself and stops after the run: the RAG system that it ships with, in one of its shapes.</summary>
/// <param name="Name">As in a plan's <c>target</c> and <c>--target</c>.</param>
/// <param name="Command">The subcommand of <c>rag</c> that starts it.</param>
/// <param name="About">What it is, to follow "the RAG system that Loadline ships with".</param>
public sealed record OwnTarget(string Name, string Command, string About)
{
    /// <summary>Every service in one process.</summary>
    public static OwnTarget Embedded { get; } = new("embedded", "serve", "all services in one process");

    /// <summary>Every service in a process of its own, supervised.</summary>
    public static OwnTarget Services { get; } = new("services", "up", "each service in a process of its own");

    /// <summary>All of them; help, errors and docs read this list.</summary>
    public static IReadOnlyList<OwnTarget> All { get; } = [Embedded, Services];

    /// <summary>The one of a name, or null when the target is somebody else's to start.</summary>
    public static OwnTarget? Find(string target) => All.FirstOrDefault(own => own.Name == target);
}
