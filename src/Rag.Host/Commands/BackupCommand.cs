using System.CommandLine;
using Rag.Host.Archives;

namespace Rag.Host.Commands;

/// <summary><c>rag backup FILE</c>.</summary>
internal static class BackupCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "Where to write it, such as rag.jsonl.gz; replaced when it is there" };
        var run = new EngineRun();
        var command = new Command("backup", "Write all documents, keys and usage to a file, beside a running system. Indexes are left out: 'rag restore' has them made anew") { file };
        run.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            var (context, _) = run.Read(parsed);
            await using var source = new ArchiveSource(context);
            var path = parsed.GetRequiredValue(file);
            try
            {
                await using var archive = new ArchiveWriter(path, TimeProvider.System);
                await foreach (var key in source.KeysAsync(stop).ConfigureAwait(false))
                    archive.Add(ArchiveKey.Of(key));
                await foreach (var usage in source.UsageAsync(stop).ConfigureAwait(false))
                    archive.Add(ArchiveUsage.Of(usage));
                await foreach (var document in source.DocumentsAsync(stop).ConfigureAwait(false))
                    archive.Add(document);
                await archive.EndAsync().ConfigureAwait(false);
                await Console.Out.WriteLineAsync(
                    $"{Path.GetFullPath(path)}: documents {archive.Written.Documents} (deleted ones included), keys {archive.Written.Keys}, lines of usage {archive.Written.Usage}, {new FileInfo(path).Length:N0} bytes{Notes.StoodIn(source.StoodIn)}")
                    .ConfigureAwait(false);
                return ExitCode.Ok;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new CommandException(ExitCode.DataFolderUnusable, $"'{path}' can't be written: {error.Message}; nothing is left of it", error);
            }
        });
        return command;
    }
}

/// <summary>What is worth knowing of a copy.</summary>
internal static class Notes
{
    /// <summary>Says of how many documents an earlier version stands in; empty for none.</summary>
    public static string StoodIn(long documents) => documents == 0 ? ""
        : $"; of {documents} whose newest version could not be processed, the version that searches find was taken";
}
