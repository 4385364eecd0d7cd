using Rag.Extraction;
using Rag.Generation;

namespace Rag.Models;

/// <summary>
/// Generation's models as last heard: on the path of an answer their names must neither fail nor delay it, so they are asked for in the background,
/// every 10 s at most.
/// </summary>
internal sealed class ModelNames
{
    private static readonly TimeSpan Age = TimeSpan.FromSeconds(10);

    private readonly IGeneration _generation;
    private readonly TimeProvider _time;
    private string? _default;
    private long _askedAt;
    private int _asking;

    public ModelNames(IGeneration generation, TimeProvider time)
    {
        (_generation, _time) = (generation, time);
        Ask();
    }

    /// <summary>The model that answers when none is named: the last known one, <c>extractive</c> before any is.</summary>
    public string Default => Heard ?? ExtractiveAnswerer.Model;

    /// <summary>The same; null before any is known.</summary>
    public string? Heard
    {
        get
        {
            if (_time.GetElapsedTime(Interlocked.Read(ref _askedAt)) >= Age)
                Ask();
            return Volatile.Read(ref _default);
        }
    }

    private void Ask()
    {
        if (Interlocked.Exchange(ref _asking, 1) == 1)
            return;
        Interlocked.Exchange(ref _askedAt, _time.GetTimestamp());
        // In one process it ends before it returns.
        _ = AskAsync();
    }

    private async Task AskAsync()
    {
        try
        {
            if (await _generation.ListModelsAsync(CancellationToken.None).ConfigureAwait(false) is [var first, ..])
                Volatile.Write(ref _default, first);
        }
        catch (Exception)
        {
            // What was heard before still stands; whoever needs generation itself will say that it is down.
        }
        finally
        {
            Volatile.Write(ref _asking, 0);
        }
    }
}
