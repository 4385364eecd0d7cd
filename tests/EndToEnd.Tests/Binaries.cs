using System.Runtime.CompilerServices;

namespace EndToEnd.Tests;

/// <summary>Where the build put what these tests run: the same configuration as the tests' own.</summary>
internal static class Binaries
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(ThisFolder(), "..", ".."));

    /// <summary>The folder of <c>Loadline.Cli.dll</c>, with the RAG system's own folder <c>rag</c> in it.</summary>
    public static string Cli { get; } = Output("src/Loadline.Cli");

    public static string Loadline { get; } = Path.Combine(Cli, "Loadline.Cli.dll");

    public static string Rag { get; } = Path.Combine(Cli, "rag", "Rag.Host.dll");

    public static string RagBench { get; } = Path.Combine(Output("bench/Rag.Bench"), "Rag.Bench.dll");

    private static string Output(string project)
    {
        // …/tests/EndToEnd.Tests/bin/{configuration}/{framework}/
        var framework = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        return Path.Combine(Root, project, "bin", framework.Parent!.Name, framework.Name);
    }

    private static string ThisFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
