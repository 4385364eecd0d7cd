using System.CommandLine;
using Loadline.Cli;

var root = new RootCommand("Loadline load-tests a RAG system and says whether it met its objectives.")
{
    RunCommand.Create(), CheckCommand.Create(), ListCommand.Create(), ReportCommand.Create(), LlmCommand.Create(),
};
var parsed = root.Parse(args);
// Signals are ours (Interrupts); wrong arguments have the exit code of a wrong plan.
var code = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
return parsed.Errors.Count > 0 ? ExitCode.BadPlan : code;
