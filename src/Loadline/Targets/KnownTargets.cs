using Loadline.Plans;

namespace Loadline.Targets;

/// <summary>What <c>--target</c> and a plan's <c>target</c> can name: a system that Loadline starts, a URL, a shipped profile, a profile's path.</summary>
public static class KnownTargets
{
    private const string Prefix = "plans/targets/", Suffix = ".yaml";

    /// <summary>The profile of the targets that Loadline starts.</summary>
    private const string OwnProfile = "rag";

    /// <summary>The profile of a target that is given as a URL alone.</summary>
    private const string UrlProfile = "rag";

    /// <summary>The target of a plan whose every operation is code: known to runs that are started from .NET, where the code is.</summary>
    public const string Code = "code";

    /// <summary>Targets that Loadline starts, and the shipped profiles.</summary>
    public static IEnumerable<(string Name, string About)> List() =>
        OwnTarget.All.Select(own => (own.Name, $"The RAG system that Loadline ships with, {own.About}, started for the run")).Concat(
        from name in Profiles()
        let profile = TargetProfileReader.Read(PlanCatalog.Resource(Prefix + name + Suffix)!, name + Suffix)
        select (name, profile.About));

    /// <summary>The operations of a target; null where it isn't known (an error that <see cref="Resolve"/> reports).</summary>
    public static IReadOnlyCollection<string>? OperationsOf(string target)
    {
        try
        {
            return [.. Resolve(target).Profile.Operations.Keys];
        }
        catch (TargetProfileException)
        {
            return null;
        }
    }

    /// <summary>What a target tells of its inside, by metric; null where the target isn't known (an error that <see cref="Resolve"/> reports).</summary>
    public static IReadOnlyCollection<string>? InsideOf(string target)
    {
        if (target == Code)
            return [];
        try
        {
            var (profile, _) = Resolve(target);
            var told = profile.Probes?.Metrics ?? [];
            return [.. (OwnTarget.Find(target) is null ? told : told.Concat(InsideMetric.OfProcesses)).Distinct()];
        }
        catch (TargetProfileException)
        {
            return null;
        }
    }

    /// <summary>Where the parts of a target that runs already are, as its profile says; null where the target isn't known (an error that <see cref="Resolve"/> reports).</summary>
    public static IReadOnlyDictionary<string, string>? PartsOf(string target)
    {
        try
        {
            return target == Code ? new Dictionary<string, string>() : Resolve(target).Profile.Parts;
        }
        catch (TargetProfileException)
        {
            return null;
        }
    }

    /// <summary>The profile that a target's name, URL, path or <c>profile@URL</c> stands for, and its address: null for a target that Loadline starts.</summary>
    /// <exception cref="TargetProfileException">There is no such profile, it has mistakes, or its address is missing.</exception>
    public static (TargetProfile Profile, Uri? Address) Resolve(string target)
    {
        if (OwnTarget.Find(target) is not null)
            return (Shipped(OwnProfile), null);
        if (target == Code)
            throw new TargetProfileException("the target", [new ProfileProblem(1, "target", Code, "stands for operations in C#, which a command line has none of", "run the plan from a test (docs/dotnet.md), or name another target")]);
        if (HasUserInfo(target))
            throw new TargetProfileException("the target", [new ProfileProblem(1, "url", null, "carries a user name or password, which would be seen in the report", "write the URL without them, and in the profile auth: basic and keys: { env: NAME } with user:password in NAME")]);
        if (Uri.TryCreate(target, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
            return (Shipped(UrlProfile), url);
        if (target.IndexOf("@http", StringComparison.Ordinal) is > 0 and var at && Uri.TryCreate(target[(at + 1)..], UriKind.Absolute, out var elsewhere))
            return (ByName(target[..at]), elsewhere);
        var profile = ByName(target);
        return (profile, profile.Url ?? throw new TargetProfileException(target, [new ProfileProblem(1, "url", null, "is missing, and the run doesn't say where the target is", $"write url: http://127.0.0.1:8000, or run with --target {target}@http://127.0.0.1:8000")]));
    }

    private static bool HasUserInfo(string target) =>
        target.IndexOf("http", StringComparison.Ordinal) is >= 0 and var at && Uri.TryCreate(target[at..], UriKind.Absolute, out var url) && url.UserInfo.Length > 0;

    private static TargetProfile ByName(string name) => Profiles().Contains(name) ? Shipped(name) : ReadFile(name);

    private static TargetProfile Shipped(string name) => TargetProfileReader.Read(PlanCatalog.Resource(Prefix + name + Suffix)!, name + Suffix);

    private static TargetProfile ReadFile(string path) => File.Exists(path)
        ? TargetProfileReader.ReadFile(path)
        : throw new TargetProfileException(path, [new ProfileProblem(1, "(file)", path, $"is neither {string.Join(", nor ", OwnTarget.All.Select(own => $"'{own.Name}'"))}, nor a URL, nor a shipped profile, nor a file", $"shipped profiles are: {string.Join(", ", Profiles())}")]);

    /// <summary>The text of a shipped profile; null when there is none of that name.</summary>
    public static string? TextOf(string name) => PlanCatalog.Resource(Prefix + name + Suffix);

    /// <summary>The names of the shipped profiles.</summary>
    public static IEnumerable<string> Profiles() => typeof(PlanCatalog).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Suffix, StringComparison.Ordinal))
        .Select(name => name[Prefix.Length..^Suffix.Length])
        .Order(StringComparer.Ordinal);
}
