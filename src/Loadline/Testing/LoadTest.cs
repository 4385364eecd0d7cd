using System.Globalization;
using Loadline.Faults;
using Loadline.Plans;
using Loadline.Plans.Reading;
using Loadline.Reports;
using Loadline.Runs;
using Loadline.Targets;
using Loadline.Users;
using Loadline.Verdicts;
using Loadline.Wire;

namespace Loadline.Testing;

/// <summary>A plan that is run from .NET code, such as a test: <c>await Plan.Load("steady.yaml").RunAsync()</c>.</summary>
public sealed class LoadTest
{
    // One run at a time in a process: two would measure each other, and each would take the other's work for the load generator's.
    private static readonly SemaphoreSlim Turn = new(1, 1);

    private readonly string _plan;

    internal LoadTest(string plan) => _plan = plan;

    /// <summary>Reads the plan as it would run.</summary>
    /// <param name="options">What is changed in it; null for nothing.</param>
    /// <exception cref="PlanException">There is no such plan, or it has mistakes; the message has all of them.</exception>
    public Plan Read(RunOptions? options = null)
    {
        options ??= new RunOptions();
        var file = PlanCatalog.Find(_plan, out var problem) ?? throw new PlanException([problem!]);
        var overrides = new PlanOverrides
        {
            Set = options.Set,
            Target = options.Target,
            Baseline = options.Baseline,
            Users = options.Users?.ToString(CultureInfo.InvariantCulture),
            Seed = options.Seed?.ToString(CultureInfo.InvariantCulture),
            Variant = options.Variant,
            TimeScale = options.TimeScale?.ToString("R", CultureInfo.InvariantCulture),
        };
        var reading = PlanReader.Read(file.Text, file.FileName, overrides, new ObjectiveRules(), target => OperationsOf(target, options), KnownTargets.InsideOf, new FaultRules());
        return reading.Plans.Count > 1
            ? throw new PlanException([new PlanProblem(file.FileName, null, "variants", null, $"makes {reading.Plans.Count} runs, and one is run here", $"choose with RunOptions.Variant: {string.Join("; ", reading.Plans.Select(plan => plan.Variant.Text))}")])
            : reading.Plan ?? throw new PlanException(reading.Problems);
    }

    /// <summary>
    /// Runs the plan and judges it. Runs of one process go one after the other. A target of this same process shares its processor with the load generator; a run in
    /// which that spoils the figures is INVALID and says so.
    /// </summary>
    /// <param name="options">What is changed in the plan, and what it doesn't hold; null for nothing.</param>
    /// <param name="stop">Ends the run early: what was measured by then is kept, and judged INVALID.</param>
    /// <exception cref="PlanException">There is no such plan, or it has mistakes; nothing was run.</exception>
    /// <exception cref="TargetProfileException">There is no such target, or its profile has mistakes; nothing was run.</exception>
    /// <exception cref="BaselineException">The plan's baseline can't be compared with; nothing was run.</exception>
    /// <exception cref="UnusableFolderException">The folder can't be made, or is not empty; nothing was run.</exception>
    /// <exception cref="TargetException">The target could not be started.</exception>
    /// <exception cref="TargetSetupException">The target could not be prepared: keys or corpus.</exception>
    /// <exception cref="OperationCanceledException">It was stopped before the load began: nothing was measured.</exception>
    /// <exception cref="IOException">A file of the run folder could not be written.</exception>
    public async Task<LoadTestResult> RunAsync(RunOptions? options = null, CancellationToken stop = default)
    {
        options ??= new RunOptions();
        var plan = Read(options);
        var request = Request(plan, options);
        await Turn.WaitAsync(stop).ConfigureAwait(false);
        try
        {
            var summary = await new LoadRun(request, new PlainProgress(options.Output ?? (_ => { })), TimeProvider.System).ExecuteAsync(stop).ConfigureAwait(false);
            ReportWriter.WriteAll(request.Folder);
            return new LoadTestResult(summary, request.Folder);
        }
        finally
        {
            Turn.Release();
        }
    }

    private static RunRequest Request(Plan plan, RunOptions options)
    {
        var (profile, address) = Resolve(plan.Target, options);
        var request = new RunRequest
        {
            Plan = plan,
            Profile = profile,
            Address = address,
            Folder = options.Folder ?? RunFolder.Default(plan.RunName, TimeProvider.System),
            CommandLine = $"{AppDomain.CurrentDomain.FriendlyName}, by the .NET API",
            AdminKey = options.AdminKey ?? Environment.GetEnvironmentVariable(RunRequest.AdminKeyVariable),
            Calibrate = options.Calibrate,
        };
        if (options.Operations.Count == 0)
            return request;
        var code = options.Operations.ToDictionary(StringComparer.Ordinal);
        return request with
        {
            OpenWire = (bound, wire, clock) => new CodeWire(code, plan.Target == KnownTargets.Code ? null : TargetWire.To(bound, wire, clock), bound, wire, clock),
            WireName = $"C#: {string.Join(", ", code.Keys)}{(plan.Target == KnownTargets.Code ? "" : $"; {Wires.NameOf(profile)}")}",
        };
    }

    private static (TargetProfile Profile, Uri? Address) Resolve(string target, RunOptions options)
    {
        var (profile, address) = target == KnownTargets.Code ? (Bare, new Uri("code://operations")) : KnownTargets.Resolve(target);
        if (options.Operations.Count == 0)
            return (profile, address);
        var operations = profile.Operations.ToDictionary(StringComparer.Ordinal);
        foreach (var (name, code) in options.Operations)
            operations[name] = code.Profile(name, profile.Operations.GetValueOrDefault(name));
        return (profile with { Operations = operations }, address);
    }

    /// <summary>The profile of a target that is code alone.</summary>
    internal static TargetProfile Bare { get; } = new()
    {
        Name = KnownTargets.Code,
        About = "Operations in C#",
        Url = null,
        Protocol = TargetProtocol.Http1,
        Auth = null,
        Keys = new KeySource.None(),
        ThrottledStatuses = new HashSet<int>(),
        Operations = new Dictionary<string, OperationProfile>(),
    };

    private static IReadOnlyCollection<string>? OperationsOf(string target, RunOptions options) =>
        target == KnownTargets.Code ? [.. options.Operations.Keys] : KnownTargets.OperationsOf(target) is { } known ? [.. known.Union(options.Operations.Keys)] : null;
}
