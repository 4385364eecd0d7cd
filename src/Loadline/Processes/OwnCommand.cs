namespace Loadline.Processes;

/// <summary>The built <c>loadline</c> command, whose processes do what must outlive or stand beside this one.</summary>
internal static class OwnCommand
{
    /// <summary>The environment variable with the command's folder; default the folder of the running program.</summary>
    public const string HomeVariable = "LOADLINE_HOME";

    /// <summary>The command's folder.</summary>
    public static string Home => Environment.GetEnvironmentVariable(HomeVariable) is { Length: > 0 } named ? named : AppContext.BaseDirectory;

    /// <summary>Its assembly.</summary>
    /// <exception cref="FileNotFoundException">It is not there; the message says what to do.</exception>
    public static string Assembly
    {
        get
        {
            var path = Path.Combine(Home, "Loadline.Cli.dll");
            return File.Exists(path) ? path : throw new FileNotFoundException($"{path} doesn't exist; set {HomeVariable} to the folder that holds the built loadline command");
        }
    }
}
