using System.CommandLine;
using Rag.Host.Archives;

namespace Rag.Host.Commands;

/// <summary><c>rag restore FILE</c>.</summary>
internal static class RestoreCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "A file that 'rag backup' wrote" };
        var run = new EngineRun();
        var merge = new Option<bool>("--merge") { Description = "Also where there are documents: those there in the same or a newer version are left alone. Goes on after an interruption, too" };
        var command = new Command("restore", "Bring a backup's documents, keys and usage into the configured engines; stop the system before, unless its engines are shared") { file, merge };
        run.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            var path = parsed.GetRequiredValue(file);
            ArchiveReader.Verify(path);
            var (context, _) = run.Read(parsed);
            await using var destination = Destination.Open(context, parsed.GetValue(merge));
            foreach (var line in ArchiveReader.Read(path))
                if (line.Key is { } key)
                    await destination.Target.AddAsync(key.ToKey(), stop).ConfigureAwait(false);
                else if (line.Usage is { } usage)
                    await destination.Target.AddAsync(usage.ToEntry(), stop).ConfigureAwait(false);
                else if (line.Document is { } document)
                    await destination.Target.AddAsync(document, stop).ConfigureAwait(false);
            await destination.EndAsync("", stop).ConfigureAwait(false);
            return ExitCode.Ok;
        });
        return command;
    }
}
