using System.CommandLine;

namespace Loadline.Cli;

/// <summary><c>loadline report RUN</c>: renders a run again, from its folder alone.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("RUN") { Description = "The folder of a run or of a suite." };
        var command = new Command("report", "Render the report, JUnit file and Markdown of a run or a suite again, from its folder alone.") { folder };
        command.SetAction(arguments =>
        {
            try
            {
                var path = arguments.GetRequiredValue(folder);
                if (Suites.SuiteJson.IsIn(path))
                {
                    var suite = Suites.SuiteReport.WriteAll(path);
                    Console.Write(Suites.SuiteText.Console(suite));
                    Console.WriteLine($"Report: {Path.Combine(path, Suites.SuiteReport.Page)}");
                    return ExitCode.Passed;
                }
                var summary = Reports.ReportWriter.WriteAll(path).Summary;
                Console.Write(Reports.VerdictText.Render(summary));
                Console.WriteLine($"Report: {Path.Combine(path, Runs.RunFolder.Report)}");
                return ExitCode.Passed;
            }
            catch (Exception problem) when (problem is Reports.RunFolderException or Suites.SuiteFolderException)
            {
                Console.Error.WriteLine(problem.Message);
                return ExitCode.BadPlan;
            }
        });
        return command;
    }
}
