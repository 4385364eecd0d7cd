using System.Text;
using Loadline.Plans.Reading;

namespace Loadline.Plans;

/// <summary>
/// One kind of files that Loadline ships with: embedded in this assembly, so they are there wherever it is installed. Beside them files of the same kind by path.
/// </summary>
/// <param name="folder">Their folder in the repository, with a slash at its end.</param>
/// <param name="noun">What one is called.</param>
/// <param name="isOfKind">Which names below the folder belong to the kind; null for all.</param>
internal sealed class ShippedFiles(string folder, string noun, Func<string, bool>? isOfKind = null)
{
    private const string Suffix = ".yaml";
    private const int LongestFile = 1 << 20;

    /// <summary>Their names in order, such as <c>steady</c> or <c>isolation/search</c>.</summary>
    public IReadOnlyList<string> Names { get; } =
    [
        .. typeof(ShippedFiles).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(folder, StringComparison.Ordinal) && name.EndsWith(Suffix, StringComparison.Ordinal))
            .Select(name => name[folder.Length..^Suffix.Length])
            .Where(name => isOfKind?.Invoke(name) ?? true)
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The text of a shipped one; null where there is none of that name.</summary>
    public string? TextOf(string name) => Names.Contains(name) ? Resource(folder + name + Suffix) : null;

    /// <summary>Finds one by its name or by its path; what has a slash, a backslash or a YAML extension is a path, unless it is a name.</summary>
    /// <param name="nameOrPath">The name or path.</param>
    /// <param name="relativeTo">The folder that a relative path counts from; empty for the working directory.</param>
    /// <param name="problem">Why there is none.</param>
    public PlanFile? Find(string nameOrPath, string relativeTo, out PlanProblem? problem)
    {
        problem = null;
        if (TextOf(nameOrPath) is { } text)
            return new PlanFile(nameOrPath + Suffix, text);
        if (!IsPath(nameOrPath))
        {
            problem = new PlanProblem(nameOrPath, null, "", nameOrPath, $"is not a {noun} that Loadline ships with", Nearest.Sentence(nameOrPath, Names, noun + "s") + $" A {noun} of your own is named by its path, such as ./my-{noun.Replace(' ', '-')}.yaml");
            return null;
        }
        return Load(Path.Combine(relativeTo, nameOrPath), out problem);
    }

    /// <summary>A shipped file by its path in the repository, such as <c>plans/targets/rag.yaml</c>; null where there is none.</summary>
    public static string? Resource(string path)
    {
        using var stream = typeof(ShippedFiles).Assembly.GetManifestResourceStream(path);
        if (stream is null)
            return null;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static bool IsPath(string text) =>
        text.AsSpan().ContainsAny('/', '\\') || text.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase) || text.EndsWith(".yml", StringComparison.OrdinalIgnoreCase);

    private PlanFile? Load(string path, out PlanProblem? problem)
    {
        problem = null;
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > LongestFile })
                problem = new PlanProblem(path, null, "", null, "the file is longer than 1 MiB", $"a {noun} is a page of YAML; name one");
            else
                return new PlanFile(path, new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(path)).TrimStart('\uFEFF'));
        }
        catch (DecoderFallbackException)
        {
            problem = new PlanProblem(path, null, "", null, "the file is not text in UTF-8", $"name a {noun} in YAML");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            problem = new PlanProblem(path, null, "", null, "the file can't be read: " + failure.Message.TrimEnd('.'), $"the {noun}s that Loadline ships with are: {string.Join(", ", Names)}");
        }
        return null;
    }
}
