using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Loadline.Bench;

namespace Rag.Bench.Engines;

/// <summary>
/// The command <c>engines</c>: <c>loadline run PLAN --target services</c> (or another shape, where the options name one) with the RAG system on real engines, started here on throwaway data; beside Loadline's own
/// figures it tells what CPU and memory each engine took over the whole run, seeding included.
/// </summary>
internal static class EnginesBench
{
    public static Command Create()
    {
        var plan = new Argument<string>("plan") { Description = "The plan, such as steady" };
        var engines = new Option<string[]>("--engines")
        {
            Description = $"Which: {string.Join(", ", BenchEngine.All.Select(engine => engine.Name))}",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [.. BenchEngine.Deployment],
        };
        var settings = new Option<string[]>("--set") { Description = "Further settings of the RAG system, KEY=VALUE", AllowMultipleArgumentsPerToken = true };
        var rest = new Argument<string[]>("options") { Description = "Options of `loadline run`, after --", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("engines", "A plan of Loadline with the RAG system on real engines, and what each engine takes") { plan, rest, engines, settings };
        command.SetAction((arguments, stop) => RunAsync(
            arguments.GetValue(plan)!, arguments.GetValue(engines)!, arguments.GetValue(settings) ?? [], arguments.GetValue(rest) ?? [], stop));
        return command;
    }

    private static async Task<int> RunAsync(string plan, string[] engines, string[] further, string[] options, CancellationToken cancellationToken)
    {
        await using var stack = await EngineStack.StartAsync(engines, cancellationToken, yields: true);
        var settings = new Dictionary<string, string>(stack.Settings);
        foreach (var setting in further)
            settings[setting.Split('=', 2)[0]] = setting.Split('=', 2).ElementAtOrDefault(1) ?? throw new ArgumentException($"--set: '{setting}' is not permitted; expected KEY=VALUE");
        var configuration = Path.GetTempFileName();
        await File.WriteAllTextAsync(configuration, YamlSettings.Write(settings), cancellationToken);
        try
        {
            Console.WriteLine(stack.Versions);
            var before = stack.Processes.ToDictionary(process => process.Engine, process => ProcessTrees.Of(process.ProcessId));
            var since = Stopwatch.GetTimestamp();
            var code = await LoadlineAsync(["run", plan, .. options.Contains("--target") ? Array.Empty<string>() : ["--target", "services"], .. options], configuration, cancellationToken);
            var seconds = Stopwatch.GetElapsedTime(since).TotalSeconds;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\nengines, over the {seconds:0} s of the whole run:"));
            foreach (var (engine, id) in stack.Processes)
            {
                var (cpu, memory) = ProcessTrees.Of(id);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {engine,-12} {cpu - before[engine].CpuSeconds,7:0.0} s of CPU, {(cpu - before[engine].CpuSeconds) / seconds:0.00} cores, {memory:0} MiB at the end"));
            }

            return code;
        }
        finally
        {
            File.Delete(configuration);
        }
    }

    private static async Task<int> LoadlineAsync(string[] arguments, string configuration, CancellationToken cancellationToken)
    {
        using var loadline = Process.Start(new ProcessStartInfo("dotnet", [LoadlineProgram.Dll, .. arguments]) { Environment = { ["RAG_CONFIG"] = configuration } })!;
        await using var ending = cancellationToken.Register(() => loadline.Kill(entireProcessTree: true));
        await loadline.WaitForExitAsync(CancellationToken.None);
        return loadline.ExitCode;
    }
}
