using System.CommandLine;

namespace Loadline.Cli;

/// <summary><c>loadline report RUN</c>: renders a run again, from its folder alone.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("RUN") { Description = "The run's folder." };
        var command = new Command("report", "Render a run's report, JUnit file and Markdown again, from its folder alone.") { folder };
        command.SetAction(arguments =>
        {
            try
            {
                var path = arguments.GetRequiredValue(folder);
                var summary = Reports.ReportWriter.WriteAll(path).Summary;
                Console.Write(Reports.VerdictText.Render(summary));
                Console.WriteLine($"Report: {Path.Combine(path, Runs.RunFolder.Report)}");
                return ExitCode.Passed;
            }
            catch (Reports.RunFolderException problem)
            {
                Console.Error.WriteLine(problem.Message);
                return ExitCode.BadPlan;
            }
        });
        return command;
    }
}
