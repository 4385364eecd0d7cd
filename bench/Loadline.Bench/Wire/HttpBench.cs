using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Loadline.Bench.Wire;

/// <summary>
/// What a plain request costs in processor time: Loadline with everything recorded, on its own wire and on .NET's, beside wrk and hey, one after another in each round, all on one
/// pinned core against the same nginx on another.
/// </summary>
internal static partial class HttpBench
{
    private const int ClientCore = 0, ServerCore = 1;

    public static Command Create()
    {
        var seconds = new Option<int>("--seconds") { Description = "Length of each measurement; at least 5.", DefaultValueFactory = _ => 8 };
        var rounds = new Option<int>("--rounds") { Description = "Rounds; the median of each contender counts.", DefaultValueFactory = _ => 3 };
        var users = new Option<int>("--users") { Description = "Users, each with a connection.", DefaultValueFactory = _ => 50 };
        var only = new Option<string[]>("--only") { Description = "Contenders: lean, dotnet, wrk, hey.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => ["lean", "dotnet", "wrk", "hey"] };
        var command = new Command("http", "CPU per request beside wrk and hey (Debian: nginx-light wrk hey), one core each.") { seconds, rounds, users, only };
        command.SetAction((parsed, stop) => RunAsync(parsed.GetValue(only)!, parsed.GetValue(users), parsed.GetValue(seconds), parsed.GetValue(rounds), stop));
        return command;
    }

    private static async Task RunAsync(string[] contenders, int users, int seconds, int rounds, CancellationToken stop)
    {
        Console.WriteLine($"{RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} cores, {users} users, {seconds} s, load {File.ReadAllText("/proc/loadavg").Trim()}");
        ArgumentOutOfRangeException.ThrowIfLessThan(seconds, 5);
        using var nginx = new Nginx(ServerCore);
        var rows = contenders.ToDictionary(name => name, _ => new List<Row>());
        for (var round = 1; round <= rounds; round++)
        {
            foreach (var name in contenders)
            {
                var row = await MeasureAsync(name, nginx.Url, users, seconds, stop).ConfigureAwait(false);
                rows[name].Add(row);
                Console.WriteLine($"round {round}: {name,-7} {row}");
            }
        }
        foreach (var (name, of) in rows)
            Console.WriteLine($"median : {name,-7} {of.OrderBy(row => row.Microseconds).ElementAt(of.Count / 2)}");
    }

    private static async Task<Row> MeasureAsync(string name, string url, int users, int seconds, CancellationToken stop)
    {
        string[] command = name switch
        {
            "wrk" => ["wrk", "-t1", $"-c{users}", $"-d{seconds}s", "--latency", url],
            "hey" => ["hey", "-cpus", "1", "-z", $"{seconds}s", "-c", $"{users}", url],
            _ => [Environment.ProcessPath!, "wire-run", url, name, $"{users}", $"{seconds}"],
        };
        using var process = Process.Start(new ProcessStartInfo("taskset", ["-c", $"{ClientCore}", .. command]) { RedirectStandardOutput = true })!;
        var before = ChildUsage.Total();
        var output = await process.StandardOutput.ReadToEndAsync(stop).ConfigureAwait(false);
        await process.WaitForExitAsync(stop).ConfigureAwait(false);
        var cpu = ChildUsage.Total() - before;
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{name} ended with {process.ExitCode}: {output}");
        if (name is "wrk" or "hey")
        {
            var perSecond = Number(PerSecond().Match(output));
            var requests = name == "wrk" ? Number(WrkRequests().Match(output)) : perSecond * Number(HeySeconds().Match(output));
            return new Row(perSecond, cpu.TotalMicroseconds / requests, null, "");
        }
        var parts = output.Trim().Split('\n')[^1].Split(' ');
        return new Row(Number(parts[0]), Number(parts[1]), Number(parts[2]), $"P50 {parts[3]} µs, P99 {parts[4]} µs, {parts[5]}");
    }

    private static double Number(Match match) => match.Success ? Number(match.Groups[1].Value) : throw new InvalidOperationException("the contender's output is not understood");

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex PerSecond();

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex WrkRequests();

    [GeneratedRegex(@"Total:\s+([\d.]+) secs")]
    private static partial Regex HeySeconds();

    private sealed record Row(double PerSecond, double Microseconds, double? Bytes, string Note)
    {
        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture, $"{PerSecond,8:0}/s  {Microseconds,6:0.0} µs CPU/request  {(Bytes is { } bytes ? $"{bytes,6:0} B/request" : "")}  {Note}");
    }
}
