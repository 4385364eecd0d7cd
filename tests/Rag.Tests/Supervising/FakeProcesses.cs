using Rag.Host.Supervising;

namespace Rag.Tests.Supervising;

/// <summary>Processes that live in the test alone: it says when they announce themselves, answer and end.</summary>
internal sealed class FakeProcesses : IProcessLauncher, IHealthProbe
{
    private readonly List<FakeProcess> _started = [];
    private int _nextPort = 40_000;

    /// <summary>Every process ever started, in order.</summary>
    public IReadOnlyList<FakeProcess> Started => _started;

    /// <summary>What was done to processes, in order: <c>start a</c>, <c>terminate a</c>, <c>kill a</c>.</summary>
    public List<string> Events { get; } = [];

    /// <summary>The running process of a name.</summary>
    public FakeProcess this[string name] => _started.Last(process => process.Name == name);

    public IEnumerable<string> Running => _started.Where(process => process.ExitCode is null).Select(process => process.Name);

    /// <summary>When set, the operating system refuses to start anything.</summary>
    public bool Refuses { get; set; }

    public IChildProcess Start(ProcessPlan plan, Listening listening, Action changed)
    {
        if (Refuses)
            throw new IOException("too many processes");
        Events.Add($"start {plan.Name}");
        var process = new FakeProcess(this, plan.Name, listening, _nextPort++);
        _started.Add(process);
        return process;
    }

    public Task<Health> AskAsync(string address) =>
        Task.FromResult(_started.Last(process => process.ExitCode is null && process.Address == address).Health);
}

internal sealed class FakeProcess(FakeProcesses all, string name, Listening listening, int port) : IChildProcess
{
    public string Name => name;

    /// <summary>What it was told to listen on.</summary>
    public Listening Listening => listening;

    /// <summary>Where it listens: as told, or on a port of its own where it was told 0.</summary>
    public string Address { get; } = listening.Http1[0].Replace(":0", $":{port}", StringComparison.Ordinal);

    public Health Health { get; set; } = Health.Silent;

    public int Id => port;

    public int? ExitCode { get; private set; }

    public string? Problem { get; set; }

    public IReadOnlyList<string> Announcements { get; private set; } = [];

    public long? MemoryBytes => ExitCode is null ? 1000 : null;

    /// <summary>Whether it outlives being asked to end.</summary>
    public bool IsStubborn { get; set; }

    /// <summary>It says where it listens and answers.</summary>
    public void Announce(Health health = Health.Ready)
    {
        Health = health;
        Announcements = [.. new Listening([Address], listening.Http2).Announcements(), "listening for services on unix:/x.sock"];
    }

    public void Exit(int code) => ExitCode = code;

    public void Terminate()
    {
        all.Events.Add($"terminate {name}");
        if (!IsStubborn)
            ExitCode = 0;
    }

    public void Kill()
    {
        if (ExitCode is not null)
            return;
        all.Events.Add($"kill {name}");
        ExitCode = 137;
    }

    public void Dispose()
    {
    }
}
