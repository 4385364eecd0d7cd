using System.Runtime.CompilerServices;

namespace Loadline.Tests.Plans;

/// <summary>Files of the repository that tests compare with what the code generates.</summary>
internal static class Repository
{
    private static readonly string Root = FindRoot();

    public static string Text(string path) => File.ReadAllText(Path.Combine(Root, path)).ReplaceLineEndings("\n");

    /// <summary>The path of a file.</summary>
    public static string PathOf(string path) => Path.Combine(Root, path);

    /// <summary>The path of a file of the nearest folder <c>shared</c> beside or above the repository; it need not be there.</summary>
    public static string Shared(string path)
    {
        var beside = Path.GetDirectoryName(Root);
        for (var folder = beside; folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, "shared", path)))
                return Path.Combine(folder, "shared", path);
        return Path.Combine(beside ?? Root, "shared", path);
    }

    /// <summary>Compares a file with what it must hold; with LOADLINE_UPDATE=1 in the environment it is written first.</summary>
    public static void AssertHolds(string path, string expected)
    {
        if (Environment.GetEnvironmentVariable("LOADLINE_UPDATE") == "1")
            File.WriteAllText(Path.Combine(Root, path), expected);
        Xunit.Assert.True(Text(path) == expected, $"{path} is not what the code generates: run this test with LOADLINE_UPDATE=1 and commit the file.");
    }

    /// <summary>Compares what stands between two marker lines of a file.</summary>
    public static void AssertHoldsTable(string path, string marker, string expected)
    {
        var text = Text(path);
        var (begin, end) = ($"<!-- {marker} -->\n", $"<!-- end of {marker} -->");
        var from = text.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        AssertHolds(path, text[..from] + expected + text[text.IndexOf(end, StringComparison.Ordinal)..]);
    }

    private static string FindRoot([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../.."));
}
