namespace Loadline.Bench;

/// <summary>The <c>loadline</c> command that was built with this bench.</summary>
internal static class LoadlineProgram
{
    /// <summary>Its file, of the same configuration: …/bench/A-bench/bin/Release/net10.0 → …/src/Loadline.Cli/bin/Release/net10.0.</summary>
    public static string Dll
    {
        get
        {
            var own = new DirectoryInfo(AppContext.BaseDirectory);
            var dll = Path.Combine(own.Parent!.Parent!.Parent!.Parent!.Parent!.FullName, "src", "Loadline.Cli", "bin", own.Parent.Name, own.Name, "Loadline.Cli.dll");
            return File.Exists(dll) ? dll : throw new FileNotFoundException($"{dll} is not there; build the solution");
        }
    }
}
