using Loadline.Plans;

namespace Loadline.Faults.Disturbances;

/// <summary>Fills the disk that a folder is on with one file, so that nothing fits any more.</summary>
internal sealed class FillDisturbance(PlanFault fault) : IDisturbance
{
    private const long Most = 16L << 30;
    private const int Block = 1 << 20, Crumb = 4096;

    private readonly string _path = Path.Combine(Path.GetFullPath(fault.Where), $"loadline-fill-{Environment.ProcessId}.tmp");

    /// <inheritdoc/>
    public Task<IReadOnlyList<UndoStep>> PrepareAsync(CancellationToken cancellationToken)
    {
        if (!Directory.Exists(fault.Where))
            throw new FaultException($"the folder {fault.Where} is not there");
        var free = new DriveInfo(Path.GetFullPath(fault.Where)).AvailableFreeSpace;
        return free <= Most
            ? Task.FromResult<IReadOnlyList<UndoStep>>([new UndoStep.Delete(_path)])
            : throw new FaultException($"{free >> 30} GiB are free on the disk of {fault.Where}, and at most {Most >> 30} are filled; give the target a small volume of its own");
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<UndoStep>?> InjectAsync(CancellationToken cancellationToken)
    {
        // Large blocks first, then what is left in small ones. Every block is written: a hole would take no space.
        foreach (var size in (int[])[Block, Crumb])
            await FillAsync(size, cancellationToken).ConfigureAwait(false);
        return null;
    }

    private async Task FillAsync(int size, CancellationToken cancellationToken)
    {
        var zeros = new byte[size];
        try
        {
            await using var file = new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
            while (file.Length <= Most)
                await file.WriteAsync(zeros, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // It is full.
        }
        catch (UnauthorizedAccessException problem)
        {
            throw new FaultException($"{_path} can't be written: {problem.Message}", problem);
        }
    }
}
