using System.Text;
using Loadline.Plans.Reading;

namespace Loadline.Plans;

/// <summary>A plan that was found, not yet understood.</summary>
/// <param name="FileName">What problems call it.</param>
/// <param name="Text">The YAML.</param>
public sealed record PlanFile(string FileName, string Text);

/// <summary>A shipped plan.</summary>
/// <param name="Name">What <c>loadline run</c> takes.</param>
/// <param name="Purpose">One sentence.</param>
public sealed record PlanListing(string Name, string Purpose);

/// <summary>The plans that Loadline ships with (embedded in this assembly, so they are there wherever it is installed), and plans by path.</summary>
public static class PlanCatalog
{
    private const string Prefix = "plans/", Suffix = ".yaml";

    /// <summary>The shipped plans by name.</summary>
    public static IReadOnlyList<PlanListing> List() => [.. Names().Select(name => new PlanListing(name, Purpose(Resource(Prefix + name + Suffix)!)))];

    /// <summary>Finds a plan by the name of a shipped one or by path; what has a slash, a backslash or a YAML extension is a path.</summary>
    /// <param name="nameOrPath">The name or path.</param>
    /// <param name="problem">Why there is none.</param>
    public static PlanFile? Find(string nameOrPath, out PlanProblem? problem)
    {
        problem = null;
        var isPath = nameOrPath.AsSpan().ContainsAny('/', '\\') || nameOrPath.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase) || nameOrPath.EndsWith(".yml", StringComparison.OrdinalIgnoreCase);
        if (!isPath && Resource(Prefix + nameOrPath + Suffix) is { } text)
            return new PlanFile(nameOrPath + Suffix, text);
        if (!isPath)
        {
            problem = new PlanProblem(nameOrPath, null, "", nameOrPath, "is not a plan that Loadline ships with", Nearest.Advice(nameOrPath, [.. Names()], "plans") + " A plan of your own is named by its path, such as ./my-plan.yaml");
            return null;
        }
        return Load(nameOrPath, out problem);
    }

    /// <summary>A shipped file by its path in the repository, such as <c>plans/targets/rag.yaml</c>; null where there is none.</summary>
    public static string? Resource(string path)
    {
        using var stream = typeof(PlanCatalog).Assembly.GetManifestResourceStream(path);
        if (stream is null)
            return null;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static IEnumerable<string> Names() => typeof(PlanCatalog).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Suffix, StringComparison.Ordinal) && name.LastIndexOf('/') == Prefix.Length - 1)
        .Select(name => name[Prefix.Length..^Suffix.Length])
        .Order(StringComparer.Ordinal);

    private static PlanFile? Load(string path, out PlanProblem? problem)
    {
        problem = null;
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > 1 << 20 })
                problem = new PlanProblem(path, null, "", null, "the file is longer than 1 MiB", "a plan is a page of YAML; name one");
            else
                return new PlanFile(path, new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(path)).TrimStart('\uFEFF'));
        }
        catch (DecoderFallbackException)
        {
            problem = new PlanProblem(path, null, "", null, "the file is not text in UTF-8", "name a plan in YAML");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            problem = new PlanProblem(path, null, "", null, "the file can't be read: " + failure.Message.TrimEnd('.'), $"the plans that Loadline ships with are: {string.Join(", ", Names())}");
        }
        return null;
    }

    // Listing must not fail because of one broken plan; tests see to it that shipped ones are whole.
    private static string Purpose(string text) => PlanReader.Read(text, "").Plan?.Purpose ?? "";
}
