namespace Rag.Host.Supervising;

/// <summary>Steps a fleet whenever something happened, and ten times a second.</summary>
internal sealed class Supervisor : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly SemaphoreSlim _changed = new(0, 1);

    /// <summary>Makes the next step come at once; callable from any thread.</summary>
    public void Wake()
    {
        try
        {
            _changed.Release();
        }
        catch (SemaphoreFullException)
        {
            // The step that is due will see this change, too.
        }
        catch (ObjectDisposedException)
        {
            // A process that was killed at the very end.
        }
    }

    /// <summary>Runs the fleet until it is asked to stop and all has ended.</summary>
    /// <param name="fleet">The processes.</param>
    /// <param name="allReady">Called when all are ready for the first time.</param>
    /// <param name="stop">Asks the fleet to stop.</param>
    /// <exception cref="CommandException">A process ended in a way that a restart can't heal; the others were stopped.</exception>
    public async Task RunAsync(Fleet fleet, Action allReady, CancellationToken stop)
    {
        var announced = false;
        await using var stopping = stop.Register(() =>
        {
            fleet.Stop();
            Wake();
        });
        while (true)
        {
            fleet.Step();
            if (fleet.IsDown)
                break;
            if (!announced && fleet.IsReady)
            {
                announced = true;
                allReady();
            }

            await _changed.WaitAsync(Interval, CancellationToken.None).ConfigureAwait(false);
        }

        if (fleet.Failure is { } failure)
            throw failure;
    }

    public void Dispose() => _changed.Dispose();
}
