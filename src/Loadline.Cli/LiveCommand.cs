using System.CommandLine;
using System.Net.Sockets;
using Loadline.Live;
using Loadline.Runs;

namespace Loadline.Cli;

/// <summary><c>loadline live RUN</c>: the live page over a run folder, of a run that goes on or of one that is over.</summary>
internal static class LiveCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("RUN") { Description = "A run folder." };
        var port = new Option<int>("--port") { Description = "The port on loopback; 0 lets the operating system choose.", DefaultValueFactory = _ => 0, HelpName = "PORT" };
        var command = new Command("live", $"Show a run as a web page on loopback while it goes on, or once it is over, and end its faults from there. To pause or stop it too, start it with 'loadline run --live'.") { folder, port };
        command.SetAction((arguments, _) => RunAsync(arguments.GetRequiredValue(folder), arguments.GetValue(port)));
        return command;
    }

    private static async Task<int> RunAsync(string folder, int port)
    {
        if (!Directory.Exists(folder))
            return Refuse($"{folder}: there is no such folder; name a run's, such as runs/smoke-20260101-120000-ab12");
        using var interrupts = new Interrupts("closing the page");
        try
        {
            await using var live = await LiveServer.StartAsync(new LiveSubject(folder, null), Environment.GetEnvironmentVariable(RunRequest.AdminKeyVariable), port, TimeProvider.System, interrupts.Token).ConfigureAwait(false);
            Console.WriteLine($"Live: {live.Address}");
            Console.WriteLine("Ctrl-C closes it; the run goes on.");
            await Task.Delay(Timeout.Infinite, interrupts.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return ExitCode.Passed;
        }
        catch (Exception problem) when (problem is IOException or SocketException)
        {
            return Refuse($"--port {port}: the port can't be listened on: {problem.GetBaseException().Message}; stop what uses it, or choose another (0 for any free one)");
        }
    }

    private static int Refuse(string message)
    {
        Console.Error.WriteLine(message);
        return ExitCode.BadPlan;
    }
}
