using System.CommandLine;
using Rag.Host.Archives;

namespace Rag.Host.Commands;

/// <summary><c>rag copy --to CONFIG</c>: from one set of engines to another.</summary>
internal static class CopyCommand
{
    public static Command Create()
    {
        var run = new EngineRun();
        var to = new Option<string>("--to") { Description = "The configuration file of the destination", Required = true };
        var toData = new Option<string?>("--to-data") { Description = "The destination's data folder. Default: as its configuration says" };
        var merge = new Option<bool>("--merge") { Description = "Also where there are documents: those there in the same or a newer version are left alone. Goes on after an interruption, and brings over what came since" };
        var command = new Command("copy", "Bring all documents, keys and usage to other engines, such as from the embedded ones to PostgreSQL; the source, which --config and --data name, stays as it is") { to, toData, merge };
        run.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            var (source, _) = run.Read(parsed);
            var (destination, _) = EngineRun.Read(parsed.GetRequiredValue(to), parsed.GetValue(toData));
            await using var documents = new ArchiveSource(source);
            await using var target = Destination.Open(destination, parsed.GetValue(merge));
            await foreach (var key in documents.KeysAsync(stop).ConfigureAwait(false))
                await target.Target.AddAsync(key, stop).ConfigureAwait(false);
            await foreach (var usage in documents.UsageAsync(stop).ConfigureAwait(false))
                await target.Target.AddAsync(usage, stop).ConfigureAwait(false);
            await foreach (var document in documents.DocumentsAsync(stop).ConfigureAwait(false))
                await target.Target.AddAsync(document, stop).ConfigureAwait(false);
            await target.EndAsync(Notes.StoodIn(documents.StoodIn), stop).ConfigureAwait(false);
            return ExitCode.Ok;
        });
        return command;
    }
}
