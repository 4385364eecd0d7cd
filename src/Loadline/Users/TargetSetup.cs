using System.Globalization;
using Loadline.Targets;
using Loadline.Wire;

namespace Loadline.Users;

/// <summary>
/// What a profile asks to be done before anything else: variables get their values, setup steps are sent one after the other and what their responses give is
/// filled into the requests after them. Disposing undoes the steps in reverse, whatever happened in between.
/// </summary>
public sealed class TargetSetup : IAsyncDisposable
{
    private static readonly TimeSpan UndoLimit = TimeSpan.FromSeconds(15);

    private readonly WireOptions _options;
    private readonly RunClock _clock;
    private readonly string? _key;
    private readonly Action<string> _warn;
    private readonly Stack<SetupStep> _done = [];

    private TargetSetup(TargetProfile profile, WireOptions options, RunClock clock, string? key, Action<string> warn) =>
        (Profile, _options, _clock, _key, _warn) = (profile, options, clock, key, warn);

    /// <summary>The profile with every variable filled.</summary>
    public TargetProfile Profile { get; private set; }

    /// <summary>The exchanges of the steps, in order; for those who show them.</summary>
    public IList<(string Step, Exchange Exchange)> Exchanges { get; } = [];

    /// <summary>Binds the variables and sends the setup steps.</summary>
    /// <param name="profile">The profile as read.</param>
    /// <param name="options">Where the target is, and how long it may take.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="adminKey">The key that steps are sent with where the target issues the users' keys; null for none.</param>
    /// <param name="environment">Reads an environment variable.</param>
    /// <param name="step">Told before each step.</param>
    /// <param name="warn">Told of steps that could not be undone.</param>
    /// <param name="stop">Ends it; steps that were done are undone.</param>
    /// <exception cref="TargetSetupException">A variable has no value, or a step failed or gave less than the profile captures. What was done is undone.</exception>
    public static async Task<TargetSetup> RunAsync(
        TargetProfile profile, WireOptions options, RunClock clock, string? adminKey, Func<string, string?> environment, Action<string> step, Action<string> warn,
        CancellationToken stop)
    {
        var bound = Variables(profile, clock, environment);
        var setup = new TargetSetup(bound, options, clock, bound.Setup.Count == 0 ? null : await KeyAsync(bound, adminKey, environment, stop).ConfigureAwait(false), warn);
        try
        {
            // A step is known by its place: binding makes new ones of those that are still to come.
            for (var index = 0; index < bound.Setup.Count; index++)
            {
                step($"Setup: {setup.Profile.Setup[index].Operation.Name}");
                await setup.DoAsync(index, stop).ConfigureAwait(false);
            }
            return setup;
        }
        catch
        {
            await setup.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Undoes the steps, the last one first, each for at most 15 s. Never throws for what the target does.</summary>
    public async ValueTask DisposeAsync()
    {
        while (_done.TryPop(out var step))
        {
            if (step.Undo is not { } undo)
                continue;
            var exchange = new Exchange { Operation = undo.Name };
            using var wire = new HttpWire(Profile, _options with { Timeout = UndoLimit }, _clock);
            await wire.SendAsync(Request(undo), exchange, CancellationToken.None).ConfigureAwait(false);
            if (exchange.Outcome is not (Outcome.Ok or Outcome.Degraded))
                _warn($"setup step '{step.Operation.Name}' could not be undone: {Described(undo, exchange)}; remove by hand what it made");
        }
    }

    private static TargetProfile Variables(TargetProfile profile, RunClock clock, Func<string, string?> environment)
    {
        var values = new Dictionary<string, VariableValue>(StringComparer.Ordinal);
        var (secrets, problems) = (new List<string>(), new List<string>());
        foreach (var (name, source) in profile.Variables)
        {
            switch (source)
            {
                case VariableSource.Literal literal:
                    values[name] = literal.Value;
                    break;
                case VariableSource.Environment(var variable):
                    Secret(name, environment(variable), $"environment variable {variable} is not set or empty; set it");
                    break;
                case VariableSource.File(var path):
                    Secret(name, File.Exists(path) ? File.ReadAllText(path).Trim() : null, $"the file '{path}' is not there or empty; write the value into it");
                    break;
            }
        }
        foreach (var name in Asked(profile).Distinct(StringComparer.Ordinal))
            if (VariableNames.EnvironmentName(name) is { } variable)
                Secret(name, environment(variable), $"environment variable {variable} is not set or empty; set it");
        values[VariableNames.Run] = new VariableValue(string.Create(CultureInfo.InvariantCulture, $"loadline-{clock.Time.GetUtcNow():yyyyMMdd-HHmmss}-{Environment.ProcessId}"));
        if (problems.Count > 0)
            throw new TargetSetupException($"profile '{profile.Name}': {string.Join("\n  ", problems)}");
        return profile.Bind(values, secrets);

        void Secret(string name, string? value, string problem)
        {
            if (string.IsNullOrEmpty(value))
                problems.Add($"{{{{{name}}}}}: {problem}");
            else
            {
                values[name] = new VariableValue(value);
                secrets.Add(value);
            }
        }
    }

    private static IEnumerable<string> Asked(TargetProfile profile) =>
        profile.Operations.Values.SelectMany(operation => operation.Requests)
            .Concat(profile.Setup.SelectMany(step => step.Operation.Requests.Concat(step.Undo?.Requests ?? [])))
            .Concat(profile.Session?.Requests ?? [])
            .Concat(profile.Keys is KeySource.Issued issued ? issued.Request.Requests : [])
            .SelectMany(request => request.Variables)
            .Concat(profile.Headers.SelectMany(header => header.Value.Variables))
            .Concat(profile.Auth?.Value.Variables ?? [])
            .Concat((profile.Keys as KeySource.Issued)?.Each.Variables ?? []);

    // Steps are sent as the first user, or as the one who may make users.
    private static async Task<string?> KeyAsync(TargetProfile profile, string? adminKey, Func<string, string?> environment, CancellationToken stop) => profile.Keys switch
    {
        KeySource.Issued => adminKey,
        KeySource.None => null,
        _ => (await UserKeys.ObtainAsync(profile, null!, 1, adminKey, environment, stop).ConfigureAwait(false))[0],
    };

    // Not measured, and it needs the response's headers: .NET's wire, whatever the load is sent by.
    private HttpWire Open()
    {
        try
        {
            return new HttpWire(Profile, _options, _clock);
        }
        catch (TransportException problem)
        {
            throw new TargetSetupException($"profile '{Profile.Name}': {problem.Message}", problem);
        }
    }

    private async Task DoAsync(int index, CancellationToken stop)
    {
        var step = Profile.Setup[index];
        var exchange = new Exchange { Operation = step.Operation.Name };
        using var wire = Open();
        var reply = await wire.SendAsync(Request(step.Operation), exchange, stop).ConfigureAwait(false);
        stop.ThrowIfCancellationRequested();
        Exchanges.Add((step.Operation.Name, exchange));
        if (exchange.Outcome is not (Outcome.Ok or Outcome.Degraded))
            throw new TargetSetupException($"setup step '{step.Operation.Name}' failed: {Described(step.Operation, exchange)}; check that the target runs, that the key is right, and setup.{step.Operation.Name} of profile '{Profile.Name}'");
        if (step.Until is { } until)
            await WaitAsync(wire, step, until, stop).ConfigureAwait(false);
        var captured = reply.Captures ?? new Dictionary<string, VariableValue>();
        var missing = step.Captures.Keys.Where(name => !captured.ContainsKey(name)).ToList();
        if (captured.Count > 0)
        {
            Profile = Profile.Bind(captured, captured.Where(entry => step.Captures.GetValueOrDefault(entry.Key)).Select(entry => entry.Value.Text));
            exchange.ResponseText = exchange.ResponseText is { } text ? Profile.Mask(text) : null;
        }
        _done.Push(Profile.Setup[index]);
        if (missing.Count > 0)
            throw new TargetSetupException($"setup step '{step.Operation.Name}' succeeded, and its response has no {string.Join(", ", missing)}{(exchange.ResponseText is { } said ? $": {said}" : "")}; correct setup.{step.Operation.Name}.capture of profile '{Profile.Name}'");
    }

    private async Task WaitAsync(IWire wire, SetupStep step, SearchableRule until, CancellationToken stop)
    {
        var poll = new SearchablePoll(wire, until, Request(until.Poll), _clock);
        var outcome = await poll.RunAsync(_clock.Now, atOnce: true, stop).ConfigureAwait(false);
        stop.ThrowIfCancellationRequested();
        if (outcome != Outcome.Ok)
            throw new TargetSetupException($"setup step '{step.Operation.Name}' {(outcome == Outcome.Failed ? "ended in a state that means failure" : $"was not done after {until.Limit.TotalSeconds:0.#} s")} (last state '{poll.LastState ?? "unknown"}'); see the target's log for why, or correct setup.{step.Operation.Name}.until of profile '{Profile.Name}'");
    }

    private WireRequest Request(OperationProfile operation)
    {
        // Headers whose variables a later step gives (a token, before the login) are not for this one.
        var known = Profile.Headers.Where(header => !header.Value.Variables.Any());
        return new WireRequest
        {
            Operation = operation.WithRequests(request => request.With(known)),
            Values = new TemplateValues { User = UserKeys.NameOf(0), Key = _key ?? "" },
            Authorization = UserKeys.Authorization(Profile, _key),
            KeepText = true,
        };
    }

    private static string Described(OperationProfile operation, Exchange exchange) =>
        $"{operation.Request.Method} {operation.Request.Path.Source} ended with {exchange.Reason}{(exchange.ResponseText is { } text ? $": {text}" : "")}";
}
