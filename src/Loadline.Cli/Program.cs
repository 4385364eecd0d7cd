using System.CommandLine;
using System.CommandLine.Help;
using Loadline.Cli;

// Not a RootCommand: that one is called after the assembly, and the command is called loadline.
var root = new Command("loadline", "Loadline load-tests a RAG system and says whether it met its objectives.")
{
    new HelpOption(), new VersionOption(),
    InitCommand.Create(), TryCommand.Create(), RunCommand.Create(), CheckCommand.Create(), ListCommand.Create(), ReportCommand.Create(), LiveCommand.Create(), FaultsCommand.Create(), SloCommand.Create(),
    LlmCommand.Create(), ProxyCommand.Create(), GuardCommand.Create(), BurnCommand.Create(),
};
var parsed = root.Parse(args);
// Signals are ours (Interrupts); wrong arguments have the exit code of a wrong plan.
var code = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
return parsed.Errors.Count > 0 ? ExitCode.BadPlan : code;
