using System.Diagnostics;
using Rag.Bench.Resilience;

namespace Rag.Bench.Alerts.Faults;

/// <summary>Users who come for one fault, beside those that are always there.</summary>
internal static class Visitors
{
    /// <summary>So many of them do something again and again until the fault is undone.</summary>
    /// <param name="count">How many.</param>
    /// <param name="pause">Between two times of one of them.</param>
    /// <param name="act">What; given who it is, how often it has been, and how to send.</param>
    /// <param name="http">How they send.</param>
    public static IAsyncDisposable Come(int count, TimeSpan pause, HttpClient http, Func<int, int, Asker, CancellationToken, Task> act) => Undo.Running(stop =>
    {
        var asker = new Asker(http, Stopwatch.GetTimestamp(), TimeSpan.FromSeconds(20));
        return Task.WhenAll(Enumerable.Range(0, count).Select(async who =>
        {
            for (var time = 0; !stop.IsCancellationRequested; time++)
            {
                try
                {
                    await act(who, time, asker, stop);
                }
                catch (HttpRequestException)
                {
                    // Refused or cut off, as happens to users in a fault.
                }

                await Task.Delay(pause, stop);
            }
        }));
    });
}
