using Loadline.Plans;
using Loadline.Recording;
using Loadline.Schedules;
using Loadline.Targets;
using Loadline.Users.Feeds;
using Loadline.Wire;

namespace Loadline.Users;

/// <summary>Runs a plan's scenarios against a target: closed populations and open arrivals. An async loop a user, no thread a user.</summary>
public sealed class UserPopulation
{
    private const int FewestWatches = 100;

    private readonly Plan _plan;
    private readonly RunClock _clock;
    private readonly AlarmClock _alarms;
    private readonly UploadWatch _watch;
    private readonly List<UserWorld> _worlds = [];

    /// <summary>A population that is ready to run.</summary>
    /// <param name="plan">Load, data and seed.</param>
    /// <param name="profile">How to speak to the target.</param>
    /// <param name="keys">The users' keys, shared in turn when there are fewer; empty for none.</param>
    /// <param name="wire">The wire; its connections should be at least <see cref="ConnectionsFor"/>.</param>
    /// <param name="sink">Takes every exchange that ended.</param>
    /// <param name="clock">The same clock as the wire's.</param>
    /// <param name="corpusIds">What <see cref="CorpusSeeder.SeedAsync"/> returned.</param>
    /// <param name="pauses">Holds the load for a while; null where nobody can.</param>
    /// <exception cref="ArgumentException">The mix names an operation that the target does not have; see <see cref="Missing"/>.</exception>
    public UserPopulation(
        Plan plan, TargetProfile profile, IReadOnlyList<string> keys, IWire wire, IExchangeSink sink, RunClock clock, IReadOnlyList<string>? corpusIds = null,
        PauseGate? pauses = null)
    {
        if (Missing(plan, profile) is { Count: > 0 } missing)
            throw new ArgumentException($"load.mix names {string.Join(", ", missing)}; profile '{profile.Name}' has {string.Join(", ", profile.Operations.Keys)}", nameof(plan));
        (_plan, _clock, _alarms) = (plan, clock, new AlarmClock(clock));
        _watch = new UploadWatch(wire, sink, clock, Math.Max(FewestWatches, plan.Load.Users));
        Gauges = new PopulationGauges { Watch = _watch };
        var feed = new DataFeed(plan.Data, plan.Seed);
        var firstUser = 0;
        foreach (var scenario in plan.Scenarios)
        {
            _worlds.Add(new UserWorld
            {
                Plan = plan,
                Scenario = scenario,
                FirstUser = firstUser,
                Profile = profile,
                Keys = keys,
                CorpusIds = corpusIds,
                Feed = feed,
                Wire = wire,
                Sink = sink,
                Clock = clock,
                Alarms = _alarms,
                Gauges = new PopulationGauges(Gauges),
                Watch = _watch,
                Pauses = pauses,
                Operations = new WeightedChoice<OperationProfile>([.. scenario.Load.Mix.Where(entry => entry.Value > 0).Select(entry => (profile.Operations[entry.Key], entry.Value))]),
            });
            firstUser += scenario.Load.Users;
        }
    }

    /// <summary>What all scenarios together are doing.</summary>
    public PopulationGauges Gauges { get; }

    /// <summary>What each scenario is doing, in the plan's order.</summary>
    public IReadOnlyList<(string Scenario, PopulationGauges Gauges)> ScenarioGauges => [.. _worlds.Select(world => (world.Scenario.Name, world.Gauges))];

    /// <summary>How long polls for uploads may go on after the last user has left. Default 30 s; what is still not searchable then counts as timed out.</summary>
    public TimeSpan WatchLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Names in the plan's mix that the profile doesn't know.</summary>
    public static IReadOnlyList<string> Missing(Plan plan, TargetProfile profile) =>
        [.. plan.Scenarios.SelectMany(scenario => scenario.Load.Mix.Keys).Distinct().Where(name => !profile.Operations.ContainsKey(name))];

    /// <summary>How many connections a population needs so that none of its exchanges waits in the client: one each, and one for each watch.</summary>
    public static int ConnectionsFor(Plan plan) => plan.Load.Users + Math.Max(FewestWatches, plan.Load.Users);

    /// <summary>
    /// Runs all scenarios from now to their end. Ends once all users have left and all watched uploads are decided. Cancelling drops the exchanges in hand: they are counted in
    /// <see cref="PopulationGauges.DroppedAtStop"/> and recorded nowhere; then this returns normally.
    /// </summary>
    public async Task RunAsync(CancellationToken stop)
    {
        var start = _clock.Now;
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var alarms = _alarms;
        alarms.Start(stopping.Token);
        var tasks = new List<Task>();
        foreach (var world in _worlds)
        {
            var begin = start + RunClock.Nanoseconds(world.Scenario.Start);
            if (world.Load.Arrivals is { } arrivals)
            {
                // Not the plan's seed itself: scenarios of the same rate must not send in step.
                var seed = SeededRandom.Mix(_plan.Seed, 200, (ulong)world.FirstUser);
                tasks.Add(GuardAsync(() => new ArrivalRun(world, LoadSchedules.Of(arrivals, seed), begin).RunAsync(stopping.Token), stopping));
                continue;
            }
            var schedule = LoadSchedules.Of(world.Load);
            for (var i = 0; i < schedule.Users; i++)
            {
                var user = i;
                tasks.Add(GuardAsync(() => new User(world, user).RunAsync(schedule.SpansOf(user), begin, stopping.Token), stopping));
            }
        }
        // The last user leaves on a thread of the wire: what comes now belongs elsewhere.
        await Task.WhenAll(tasks).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await _watch.FinishAsync(WatchLimit, stop).ConfigureAwait(false);
    }

    private static async Task GuardAsync(Func<Task> run, CancellationTokenSource stopping)
    {
        try
        {
            await run().ConfigureAwait(false);
        }
        catch
        {
            // A mistake of ours: end the run and show it, rather than go on with a user fewer.
            await stopping.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }
}
