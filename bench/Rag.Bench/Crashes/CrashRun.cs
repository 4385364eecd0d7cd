using System.Diagnostics;
using System.Globalization;

namespace Rag.Bench.Crashes;

/// <summary>How many kills, how often to look, and what to look at.</summary>
/// <param name="Kills">At least so many.</param>
/// <param name="KillsPerCheckpoint">Between two checkpoints.</param>
/// <param name="Clients">Clients that write at once.</param>
/// <param name="Seed">Seeds what is done; when it is done depends on the machine.</param>
/// <param name="Armed">Failpoints and their rules to arm each time; null for ones taken by chance.</param>
/// <param name="Sought">The kind of violation that ends the run, where a planted bug must show as just that; null for any.</param>
internal sealed record CrashRules(int Kills, int KillsPerCheckpoint, int Clients, int Seed, IReadOnlyDictionary<string, string>? Armed = null, ViolationKind? Sought = null);

/// <summary>
/// The run: clients write, processes die, and from time to time all stand still and everything is looked at.
/// <code>
/// clients  ─write──────────────────────┐      ┌─write───
/// driver   ─arm─kill─kill─arm─kill─…─disarm─kill all armed─┤      │
/// checkpoint                           └ ready ─ drained ─ check everything ─ calm work ─┘
/// </code>
/// </summary>
internal sealed class CrashRun(CrashSystem system, CrashRules rules, Violations violations)
{
    private const int CalmDocuments = 24;
    private static readonly TimeSpan Rearm = TimeSpan.FromSeconds(6), Restart = TimeSpan.FromSeconds(60), Drain = TimeSpan.FromSeconds(120);

    private readonly Random _chance = new(rules.Seed);
    private readonly PublicApi _api = new(system.Address, system.Key);
    private readonly Dictionary<string, int> _kills = [];
    private int _checkpoints;
    private int _turn;

    public Ledger Ledger { get; } = new();

    /// <summary>Kills by process; those by failpoints are counted by <see cref="CrashOutput"/>.</summary>
    public IReadOnlyDictionary<string, int> KillsByProcess => _kills;

    public int Kills => _kills.Values.Sum() + system.Output.Kills;

    public int Checkpoints => _checkpoints;

    public long Checked { get; private set; }

    /// <summary>Runs to the end, or to the first checkpoint that finds something.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var checks = new Checks(_api, Ledger, violations);
        var writers = Enumerable.Range(0, rules.Clients).Select(client => new Writer(_api, Ledger, violations, new Random(rules.Seed * 1_000 + client))).ToList();
        var spoiler = new Spoiler(_api, Ledger);
        while (Kills < rules.Kills && !(rules.Sought is { } kind ? violations.Counts.ContainsKey(kind) : violations.Any))
        {
            using var writing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var work = Task.WhenAll(writers.Select(writer => Task.Run(() => writer.RunAsync(writing.Token), CancellationToken.None)).Append(Task.Run(() => spoiler.RunAsync(writing.Token), CancellationToken.None)));
            var until = Math.Min(Kills + rules.KillsPerCheckpoint, rules.Kills);
            while (Kills < until)
                await StrikeAsync(cancellationToken);
            system.Disarm();
            var last = system.Killable();
            await KillAllAsync(last, cancellationToken);
            await writing.CancelAsync();
            await work;
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{Kills} kills, {Ledger.Acknowledged} writes acknowledged; checking"));
            await CheckpointAsync(checks, last, all: Kills >= rules.Kills, cancellationToken);
        }

        Checked = checks.Made;
    }

    /// <summary>Arms some failpoints, kills some processes at some moments, and waits until all is back, or doesn't.</summary>
    private async Task StrikeAsync(CancellationToken cancellationToken)
    {
        var armed = rules.Armed ?? ArmedByChance();
        system.Arm(armed, _chance.Next());
        // Among them the one that the first point is in, which is armed by its restart.
        var host = CrashSystem.HostOf(armed.Keys.First());
        var victims = system.Killable().OrderBy(process => process.Name == host ? -1 : _chance.Next()).Take(_chance.Next(1, 4)).OrderBy(_ => _chance.Next()).ToList();
        foreach (var victim in victims)
        {
            await Task.Delay(_chance.Next(0, 300), cancellationToken);
            await KillAllAsync([victim], cancellationToken);
        }

        // Those that start now are armed, and may die again before they are ready; those that start later are not, or one that finds work at its start would never get past it.
        await system.ReadyAsync(Rearm, victims, cancellationToken);
        system.Disarm();
        if (_chance.Next(4) > 0 && !await system.ReadyAsync(Restart, victims, cancellationToken))
            violations.Add(ViolationKind.Stuck, $"not every process was ready within {Restart.TotalSeconds:0} s of a kill; last lines:\n{system.Output.Last()}");
        // Work is under way again; failpoints are met here. Whoever stands still is given the time to come back with what is out of date by then.
        var work = armed.Values.All(rule => rule.StartsWith("pause", StringComparison.Ordinal)) ? CrashSystem.Pause * 1.6 : TimeSpan.FromMilliseconds(_chance.Next(200, 1_200)) * (system.HasEngines ? 3 : 1);
        await Task.Delay(work, cancellationToken);
    }

    private Dictionary<string, string> ArmedByChance()
    {
        if (_chance.Next(6) == 0)
            return new() { ["ingestion_embedded"] = "pause:0.1" };
        // Each has its turn, whatever chance adds.
        var points = system.Failpoints;
        var armed = new Dictionary<string, string> { [points[_turn++ % points.Count]] = string.Create(CultureInfo.InvariantCulture, $"kill@{_chance.Next(1, 4)}") };
        for (var i = _chance.Next(3); i > 0; i--)
            armed[points[_chance.Next(points.Count)]] = string.Create(CultureInfo.InvariantCulture, $"kill@{_chance.Next(1, 5)}");
        return armed;
    }

    private async Task KillAllAsync(IReadOnlyList<(string Name, int Pid)> victims, CancellationToken cancellationToken)
    {
        foreach (var victim in victims)
            if (await system.KillAsync(victim, TimeSpan.FromMilliseconds(_chance.Next(0, 800)), cancellationToken))
                _kills[victim.Name] = _kills.GetValueOrDefault(victim.Name) + 1;
    }

    private async Task CheckpointAsync(Checks checks, IReadOnlyList<(string Name, int Pid)> killed, bool all, CancellationToken cancellationToken)
    {
        _checkpoints++;
        if (!await system.ReadyAsync(Restart, killed, cancellationToken))
        {
            violations.Add(ViolationKind.Stuck, $"not every process was ready within {Restart.TotalSeconds:0} s of the last kill; last lines:\n{system.Output.Last()}");
            return;
        }

        if (!await DrainedAsync(cancellationToken))
        {
            violations.Add(ViolationKind.Stuck, $"work was not finished within {Drain.TotalSeconds:0} s of the last kill; last lines:\n{system.Output.Last()}");
            return;
        }

        await checks.RunAsync(all, cancellationToken);
        await CalmAsync(cancellationToken);
    }

    /// <summary>While nothing fails, each job is done once. A machine that stands still for longer than a lease does some twice: so only what happens every time counts.</summary>
    private async Task CalmAsync(CancellationToken cancellationToken)
    {
        string? twice = null;
        for (var attempt = 0; attempt < 3; attempt++)
            if ((twice = await DoneTwiceAsync(cancellationToken)) is null)
                return;
        violations.Add(ViolationKind.DoneTwice, twice!);
    }

    private async Task<string?> DoneTwiceAsync(CancellationToken cancellationToken)
    {
        var before = await system.JobsDoneAsync(cancellationToken);
        var kept = 0;
        for (var i = 0; i < CalmDocuments; i++)
        {
            var entry = Ledger.Add();
            var fact = new Fact(1, Ledger.NextWord());
            entry.Begin(fact);
            if ((await _api.PutAsync(entry.Id, Ledger.Text(fact.Word!), null, cancellationToken)).Answer != Answer.Kept)
                continue; // the next checkpoint sees what became of it
            entry.Acknowledge(fact);
            Ledger.CountAcknowledged();
            kept++;
        }

        if (!await DrainedAsync(cancellationToken))
            violations.Add(ViolationKind.Stuck, $"{kept} documents that were uploaded while nothing failed were not finished within {Drain.TotalSeconds:0} s");
        var done = await system.JobsDoneAsync(cancellationToken) - before;
        return done > kept ? $"{kept} documents were uploaded while nothing failed, and {done:0} jobs were done" : null;
    }

    private async Task<bool> DrainedAsync(CancellationToken cancellationToken)
    {
        var since = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(since) < Drain)
            try
            {
                var queue = (await _api.SystemAsync(cancellationToken)).GetProperty("queue");
                if (queue.ValueKind == System.Text.Json.JsonValueKind.Object && queue.GetProperty("depth").GetInt64() == 0)
                    return true;
                await Task.Delay(50, cancellationToken);
            }
            catch (Exception error) when (error is HttpRequestException or KeyNotFoundException)
            {
                await Task.Delay(50, cancellationToken);
            }

        return false;
    }
}
