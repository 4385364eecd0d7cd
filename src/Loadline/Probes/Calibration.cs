using Loadline.Recording;
using Loadline.Targets;
using Loadline.Wire;

namespace Loadline.Probes;

/// <summary>
/// What the load generator can do on this machine, measured against a server that answers at once. The server is in the same process and on the same cores, so a
/// generator alone can do somewhat more; a target on the same machine leaves it less. Of plain exchanges: a streamed token costs extra.
/// </summary>
/// <param name="RequestsPerSecond">Exchanges a second with many users and no think time.</param>
/// <param name="ServiceFloor">Median seconds of an exchange with one user: no service time below can be told from nothing.</param>
/// <param name="IdleLag">How late requests are sent by a generator that has nothing else to do, in seconds, at the 99th percentile: the resolution of its clock.</param>
public sealed record Calibration(double RequestsPerSecond, double ServiceFloor, double IdleLag)
{
    private const int Users = 64, PacedUsers = 50;

    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(400), Alone = TimeSpan.FromMilliseconds(200), Full = TimeSpan.FromMilliseconds(500), Paced = TimeSpan.FromMilliseconds(600);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(50);

    /// <summary>Measures it: takes about two seconds.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="stop">Ends it early.</param>
    /// <param name="choice">The wire that the load is sent by.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">Nothing can listen on loopback.</exception>
    public static async Task<Calibration> MeasureAsync(TimeProvider time, CancellationToken stop, WireChoice choice = WireChoice.Auto)
    {
        await using var server = new NullServer();
        var profile = TargetProfileReader.Read("name: none\nabout: answers at once\nprotocol: http1\noperations:\n  ask:\n    request: GET /\n    ok: [200]\n");
        var clock = new RunClock(time);
        using var wire = Wires.Open(profile with { Transport = new TransportProfile { Wire = choice } }, new WireOptions { BaseAddress = server.Address, Timeout = TimeSpan.FromSeconds(5), Connections = Users + 1 }, clock);
        var asking = new Asking(wire, profile.Operations["ask"], clock, stop);

        // Code is compiled and connections are made before anything counts.
        await asking.RunAsync(Users, Settling, TimeSpan.Zero).ConfigureAwait(false);
        var alone = await asking.RunAsync(1, Alone, TimeSpan.Zero).ConfigureAwait(false);
        var full = await asking.RunAsync(Users, Full, TimeSpan.Zero).ConfigureAwait(false);
        var paced = await asking.RunAsync(PacedUsers, Paced, Pace).ConfigureAwait(false);
        stop.ThrowIfCancellationRequested();
        return new Calibration(full.PerSecond, alone.Service.Seconds(50) ?? 0, paced.Lag.Seconds(99) ?? 0);
    }

    private sealed class Asking(IWire wire, OperationProfile operation, RunClock clock, CancellationToken stop)
    {
        private readonly Lock _gate = new();

        public async Task<(double PerSecond, HdrHistogram.LongHistogram Service, HdrHistogram.LongHistogram Lag)> RunAsync(int users, TimeSpan length, TimeSpan pace)
        {
            var (service, lag) = (Histograms.NewTotal(), Histograms.NewTotal());
            var start = clock.Now;
            var end = start + RunClock.Nanoseconds(length);
            var step = RunClock.Nanoseconds(pace);
            await Task.WhenAll(Enumerable.Range(0, users).Select(user => Task.Run(() => OneAsync(start + (step * user / users), end, step, service, lag), CancellationToken.None))).ConfigureAwait(false);
            return (service.TotalCount / ((clock.Now - start) / 1e9), service, lag);
        }

        private async Task OneAsync(long due, long end, long step, HdrHistogram.LongHistogram service, HdrHistogram.LongHistogram lag)
        {
            var request = new WireRequest { Operation = operation, Values = new TemplateValues() };
            while (due < end && !stop.IsCancellationRequested)
            {
                // As users wait: timers are coarser than the clock and may be early.
                while (due - clock.Now is var wait && wait > 0 && !stop.IsCancellationRequested)
                    await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait / 1e6)), clock.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                var exchange = new Exchange { Operation = operation.Name, Due = due };
                if (!(await wire.SendAsync(request, exchange, stop).ConfigureAwait(false)).Ended)
                    return;
                lock (_gate)
                {
                    if (exchange.Outcome == Outcome.Ok)
                        service.RecordValue(Histograms.Microseconds(exchange.End - exchange.Sent));
                    lag.RecordValue(Histograms.Microseconds(exchange.Sent - due));
                }
                due = step == 0 ? clock.Now : due + step;
            }
        }
    }
}
