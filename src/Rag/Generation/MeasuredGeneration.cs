using System.Diagnostics;
using System.Runtime.CompilerServices;
using Rag.Traces;

namespace Rag.Generation;

/// <summary>A model, measured: stands before whichever engine answers, so that all are measured alike.</summary>
/// <param name="inner">The model.</param>
/// <param name="metrics">Takes what is measured.</param>
/// <param name="time">The clock.</param>
internal sealed class MeasuredGeneration(IGeneration inner, GenerationMetrics metrics, TimeProvider time) : IGeneration
{
    public ValueTask<IReadOnlyList<string>> ListModelsAsync(CancellationToken cancellationToken) => inner.ListModelsAsync(cancellationToken);

    public async IAsyncEnumerable<GenerationEvent> GenerateAsync(GenerationRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        TimeSpan? first = null;
        GenerationEnd? end = null;
        Exception? failure = null;
        var span = Spans.Within("chat", ActivityKind.Client);
        await using var events = inner.GenerateAsync(request, cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            while (true)
            {
                try
                {
                    if (!await events.MoveNextAsync().ConfigureAwait(false))
                        yield break;
                }
                catch (Exception error)
                {
                    failure = error;
                    throw;
                }

                if (events.Current is GenerationEnd over)
                    end = over;
                else
                    first ??= time.GetElapsedTime(started);
                yield return events.Current;
            }
        }
        finally
        {
            metrics.Answered(time.GetElapsedTime(started), first, end, failure);
            metrics.Tell(span, first, end, failure);
        }
    }
}
