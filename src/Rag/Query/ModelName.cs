using Rag.Errors;
using Rag.Generation;

namespace Rag.Query;

/// <summary>The default model's name, which is part of every answer's key. Asked for at most every five seconds, so that an answer told again costs generation nothing.</summary>
internal sealed class ModelName(IGeneration generation, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    private Known? _known;
    private int _asking;

    /// <summary>The name; the last known one while generation can't be asked; null when it never could.</summary>
    public async ValueTask<string?> CurrentAsync(CancellationToken cancellationToken)
    {
        var known = Volatile.Read(ref _known);
        if (known is not null && (time.GetElapsedTime(known.At) < Fresh || Interlocked.Exchange(ref _asking, 1) == 1))
            return known.Name;
        try
        {
            var name = (await generation.ListModelsAsync(cancellationToken).ConfigureAwait(false))[0];
            Volatile.Write(ref _known, new Known(name, time.GetTimestamp()));
            return name;
        }
        catch (RagException) when (!cancellationToken.IsCancellationRequested)
        {
            if (known is not null)
                Volatile.Write(ref _known, known with { At = time.GetTimestamp() });
            return known?.Name;
        }
        finally
        {
            Volatile.Write(ref _asking, 0);
        }
    }

    private sealed record Known(string Name, long At);
}
