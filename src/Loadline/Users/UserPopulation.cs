using Loadline.Plans;
using Loadline.Recording;
using Loadline.Schedules;
using Loadline.Targets;
using Loadline.Users.Feeds;
using Loadline.Wire;

namespace Loadline.Users;

/// <summary>Runs a plan's closed population of users against a target. An async loop a user, no thread a user.</summary>
public sealed class UserPopulation
{
    private const int FewestWatches = 100;

    private readonly UserWorld _world;
    private readonly ClosedPopulation _schedule;

    /// <summary>A population that is ready to run.</summary>
    /// <param name="plan">Load, data and seed.</param>
    /// <param name="profile">How to speak to the target.</param>
    /// <param name="keys">The users' keys, shared in turn when there are fewer; empty for none.</param>
    /// <param name="wire">The wire; its connections should be at least <see cref="ConnectionsFor"/>.</param>
    /// <param name="sink">Takes every exchange that ended.</param>
    /// <param name="clock">The same clock as the wire's.</param>
    /// <param name="corpusIds">What <see cref="CorpusSeeder.SeedAsync"/> returned.</param>
    /// <exception cref="ArgumentException">The mix names an operation that the target does not have; see <see cref="Missing"/>.</exception>
    public UserPopulation(
        Plan plan, TargetProfile profile, IReadOnlyList<string> keys, IWire wire, IExchangeSink sink, RunClock clock, IReadOnlyList<string>? corpusIds = null)
    {
        if (Missing(plan, profile) is { Count: > 0 } missing)
            throw new ArgumentException($"load.mix names {string.Join(", ", missing)}; profile '{profile.Name}' has {string.Join(", ", profile.Operations.Keys)}", nameof(plan));
        var load = plan.Load;
        _schedule = new ClosedPopulation(load.Users, load.Up, load.Hold, load.Down);
        var watch = new UploadWatch(wire, sink, clock, Math.Max(FewestWatches, load.Users));
        Gauges = new PopulationGauges { Watch = watch };
        _world = new UserWorld
        {
            Plan = plan,
            Profile = profile,
            Keys = keys,
            CorpusIds = corpusIds,
            Feed = new DataFeed(plan.Data, plan.Seed),
            Wire = wire,
            Sink = sink,
            Clock = clock,
            Gauges = Gauges,
            Watch = watch,
            Operations = new WeightedChoice<OperationProfile>([.. load.Mix.Where(entry => entry.Value > 0).Select(entry => (profile.Operations[entry.Key], entry.Value))]),
        };
    }

    /// <summary>What the population is doing.</summary>
    public PopulationGauges Gauges { get; }

    /// <summary>How long polls for uploads may go on after the last user has left. Default 30 s; what is still not searchable then counts as timed out.</summary>
    public TimeSpan WatchLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Names in the plan's mix that the profile doesn't know.</summary>
    public static IReadOnlyList<string> Missing(Plan plan, TargetProfile profile) =>
        [.. plan.Load.Mix.Keys.Where(name => !profile.Operations.ContainsKey(name))];

    /// <summary>How many connections a population needs so that none of its exchanges waits in the client: one each, and one for each watch.</summary>
    public static int ConnectionsFor(Plan plan) => plan.Load.Users + Math.Max(FewestWatches, plan.Load.Users);

    /// <summary>
    /// Runs the population from now to its end. Ends once all users have left and all watched uploads are decided. Cancelling drops the exchanges in hand: they are counted in
    /// <see cref="PopulationGauges.DroppedAtStop"/> and recorded nowhere; then this returns normally.
    /// </summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var start = _world.Clock.Now;
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var users = new Task[_schedule.Users];
        for (var i = 0; i < users.Length; i++)
            users[i] = LiveAsync(i, start, stopping);
        // The last user leaves on a thread of the wire: what comes now belongs elsewhere.
        await Task.WhenAll(users).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await _world.Watch.FinishAsync(WatchLimit, stop).ConfigureAwait(false);
    }

    private async Task LiveAsync(int index, long start, CancellationTokenSource stopping)
    {
        try
        {
            await new User(_world, index).RunAsync(
                start + RunClock.Nanoseconds(_schedule.StartOf(index)), start + RunClock.Nanoseconds(_schedule.StopOf(index)), stopping.Token).ConfigureAwait(false);
        }
        catch
        {
            // A mistake of ours: end the run and show it, rather than go on with a user fewer.
            await stopping.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }
}
