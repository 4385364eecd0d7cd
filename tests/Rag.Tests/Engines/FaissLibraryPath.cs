using System.Diagnostics;
using Xunit;

namespace Rag.Tests.Engines;

/// <summary>The FAISS library that <c>eng/engines/faiss.sh</c> builds.</summary>
internal static class FaissLibraryPath
{
    private static readonly Lazy<string> Path = new(() =>
    {
        using var process = Process.Start(new ProcessStartInfo("bash", [System.IO.Path.Combine(EngineServer.Repository(), "eng", "engines", "faiss.sh"), "library"]) { RedirectStandardOutput = true })!;
        return process.StandardOutput.ReadToEnd().Trim();
    });

    /// <summary>Its path; skips the test where it isn't built.</summary>
    public static string Get()
    {
        if (EngineServer.Missing("faiss") is { } why)
            Assert.Skip(why);
        return Path.Value;
    }
}
