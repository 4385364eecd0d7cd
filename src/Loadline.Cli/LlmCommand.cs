using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Loadline.Llm;
using Loadline.Plans;
using Loadline.Plans.Reading;

namespace Loadline.Cli;

/// <summary><c>loadline llm</c>: the simulated LLM, for one's own RAG system to point at.</summary>
internal static class LlmCommand
{
    public static Command Create()
    {
        var port = new Option<int>("--port") { Description = "The port; 0 lets the operating system choose.", DefaultValueFactory = _ => 8100 };
        var address = new Option<string>("--address") { Description = "The address to listen on.", DefaultValueFactory = _ => "127.0.0.1" };
        var plan = new Option<string?>("--plan") { Description = "Take the timing from this plan's 'llm' section." };
        var set = new Option<string[]>("--set") { Description = "One value of the timing, such as llm.first-token=2s..4s. May be repeated.", HelpName = "path=value" };
        var seed = new Option<ulong>("--seed") { Description = "The seed of everything random.", DefaultValueFactory = _ => 1 };
        var cut = new Option<double>("--cut-streams") { Description = "The share of streams that break off without an end, 0 to 1.", DefaultValueFactory = _ => 0 };
        var cutAfter = new Option<int>("--cut-after") { Description = "How many tokens a stream that is cut still sends.", DefaultValueFactory = _ => 10 };
        var parent = new Option<int?>("--parent") { Description = "Stop when the process with this id has ended.", HelpName = "PID" };
        var command = new Command(
            "llm", "An OpenAI-compatible LLM server whose timing is simulated and whose text is taken from the prompt: time to first token, time per token, slots, queue, load factor, failures.")
        {
            port, address, plan, set, seed, cut, cutAfter, parent,
        };
        command.SetAction((arguments, _) => RunAsync(
            arguments.GetValue(address)!, arguments.GetValue(plan), arguments.GetValue(set) ?? [], arguments.GetValue(parent),
            (model, listenOn) => new LlmOptions
            {
                Model = model,
                Address = listenOn,
                Port = arguments.GetValue(port),
                Seed = arguments.GetValue(seed),
                CutStreams = arguments.GetValue(cut),
                CutAfterTokens = arguments.GetValue(cutAfter),
            }));
        return command;
    }

    private static async Task<int> RunAsync(string address, string? planName, string[] set, int? parent, Func<LlmModel, IPAddress, LlmOptions> of)
    {
        if (!IPAddress.TryParse(address, out var listenOn))
            return Refuse($"--address {address}: not an IP address; give, for example, 127.0.0.1");
        if (Model(planName, set) is not { } model)
            return ExitCode.BadPlan;

        var options = of(model, listenOn);
        using var interrupts = new Interrupts("stopping");
        try
        {
            await using var server = await LlmServer.StartAsync(options, TimeProvider.System, interrupts.Token).ConfigureAwait(false);
            Console.WriteLine($"listening on {server.Address.ToString().TrimEnd('/')}");
            await Task.WhenAny(Task.Delay(Timeout.Infinite, interrupts.Token), ParentProcess.GoneAsync(parent, interrupts.Token)).ConfigureAwait(false);
            return ExitCode.Passed;
        }
        catch (ArgumentException problem)
        {
            return Refuse(problem.Message);
        }
        catch (Exception problem) when (problem is IOException or SocketException)
        {
            return Refuse($"can't listen on {address}:{options.Port}: {problem.Message}; stop what uses it, or choose another port with --port (0 for any free one)");
        }
    }

    private static LlmModel? Model(string? planName, string[] set)
    {
        var file = planName is null ? new PlanFile("llm", "name: llm\npurpose: a simulated LLM\nllm: {}\nobjectives: [rps > 0]\n") : PlanCatalog.Find(planName, out _);
        if (file is null)
        {
            Refuse($"--plan {planName}: no such plan; see 'loadline list'");
            return null;
        }

        var reading = PlanReader.Read(file.Text, file.FileName, new PlanOverrides { Set = set });
        foreach (var problem in reading.Problems)
            Refuse(problem.ToString());
        if (reading.Plan is { Llm: null })
            Refuse($"--plan {planName}: the plan has no 'llm' section; name another, or leave --plan out for the defaults");
        return reading.Plan?.Llm;
    }

    private static int Refuse(string message)
    {
        Console.Error.WriteLine(message);
        return ExitCode.BadPlan;
    }
}
