using System.Text.Json;
using Rag.Errors;
using Rag.Journals;

namespace Rag.Vectors.Moves;

/// <summary>A <see cref="VectorPlan"/> in a file, for engines of one process: written beside the old one, flushed, and put in its place in one step.</summary>
/// <param name="path">Where; its folder exists.</param>
public sealed class PlanFile(string path)
{
    /// <summary>The plan; null where no file is.</summary>
    /// <exception cref="InvalidOperationException">The file is damaged.</exception>
    public VectorPlan? Read()
    {
        try
        {
            return File.Exists(path) ? VectorPlan.Read(File.ReadAllBytes(path)) : null;
        }
        catch (JsonException error)
        {
            throw new InvalidOperationException($"{path}: is damaged ({error.Message}); it says which index is in use: bring it back from a backup, or empty the folder and index all documents again", error);
        }
    }

    /// <summary>Replaces the plan, durably.</summary>
    /// <exception cref="RagException">Unavailable: the disk refuses; the old plan holds.</exception>
    public void Write(VectorPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var draft = path + ".draft";
        try
        {
            using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write))
            {
                file.Write(plan.Write());
                file.Flush(flushToDisk: true);
            }

            File.Move(draft, path, overwrite: true);
            FolderSync.Flush(Path.GetDirectoryName(path)!);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JournalException)
        {
            throw new RagException(RagError.Unavailable, $"vectors: {path} can't be written ({error.Message}); repair the disk or its permissions", TimeSpan.FromSeconds(5), error);
        }
    }
}
