namespace Loadline.Plans;

/// <summary>One planned disturbance of a run: what, where, when, for how long.</summary>
public sealed record PlanFault
{
    /// <summary>Its name in the plan; several of one name are the same fault again.</summary>
    public required string Name { get; init; }

    /// <summary>What is done.</summary>
    public required FaultKind Kind { get; init; }

    /// <summary>
    /// To what, as written: a process (<see cref="FaultKind.Kill"/>, <see cref="FaultKind.Stop"/>, <see cref="FaultKind.Freeze"/>), a service
    /// (<see cref="FaultKind.Inject"/>), a connection (<see cref="FaultKind.Toxic"/>), a folder (<see cref="FaultKind.Fill"/>), a command
    /// (<see cref="FaultKind.Command"/>); the number of cores or bytes of <see cref="FaultKind.Cpu"/> and <see cref="FaultKind.Memory"/>.
    /// </summary>
    public required string Where { get; init; }

    /// <summary>When it begins, since the load's start.</summary>
    public required TimeSpan At { get; init; }

    /// <summary>How long it lasts; zero is once.</summary>
    public required TimeSpan For { get; init; }

    /// <summary>The first moment after it.</summary>
    public TimeSpan End => At + For;

    /// <summary>The toxic's type; null for other kinds.</summary>
    public string? Toxic { get; init; }

    /// <summary>Which direction a toxic disturbs.</summary>
    public FaultStream Stream { get; init; }

    /// <summary>The share of connections or calls that meet it, 0–1.</summary>
    public double Share { get; init; } = 1;

    /// <summary>Further fields of a toxic or an injected fault, by name.</summary>
    public IReadOnlyDictionary<string, string> With { get; init; } = new Dictionary<string, string>();

    /// <summary>What undoes a <see cref="FaultKind.Command"/>.</summary>
    public string? Undo { get; init; }
}

/// <summary>What a fault does; each is a key of the plan.</summary>
public enum FaultKind
{
    /// <summary>Kills processes (SIGKILL).</summary>
    Kill,

    /// <summary>Asks processes to end (SIGTERM).</summary>
    Stop,

    /// <summary>Lets processes stand still (SIGSTOP), and go on in the end.</summary>
    Freeze,

    /// <summary>Disturbs connections.</summary>
    Toxic,

    /// <summary>Injects a fault at a service's own door.</summary>
    Inject,

    /// <summary>Burns cores.</summary>
    Cpu,

    /// <summary>Takes memory.</summary>
    Memory,

    /// <summary>Fills a disk.</summary>
    Fill,

    /// <summary>Runs a command.</summary>
    Command,
}

/// <summary>A direction of a connection.</summary>
public enum FaultStream
{
    /// <summary>What comes back from the server.</summary>
    Downstream,

    /// <summary>What is sent to the server.</summary>
    Upstream,
}
