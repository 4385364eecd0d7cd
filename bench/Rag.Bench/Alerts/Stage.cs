using System.Net.Http.Json;
using Rag.Bench.Engines;
using Rag.Bench.Resilience;
using Rag.Tests.Engines;
using Rag.Tests.Onnx.Tiny;

namespace Rag.Bench.Alerts;

/// <summary>A running <c>rag up</c> with a simulated LLM, its users, and a Prometheus over all of it.</summary>
internal sealed class Stage : IAsyncDisposable
{
    /// <summary>Documents that it begins with.</summary>
    public const int Documents = 200;

    private const int Users = 20;

    /// <summary>The LLM in good health: an answer takes 0.2 s.</summary>
    public static readonly IReadOnlyList<string> HealthyLlm = ["slots=300", "queue=2000", "first-token=100ms", "per-token=5ms", "output-tokens=20", "load-factor=0", "failures=0%"];

    private readonly List<IAsyncDisposable> _parts = [];
    private readonly string _configuration = Path.GetTempFileName();
    private IReadOnlyDictionary<string, string> _settings = new Dictionary<string, string>();

    private Stage()
    {
    }

    public SystemUnderTest Target { get; private set; } = null!;

    public Fleet Fleet { get; private set; } = null!;

    public AlertingPrometheus Prometheus { get; private set; } = null!;

    public AlertWatch Watch { get; private set; } = null!;

    public Crowd Crowd { get; private set; } = null!;

    public Gateways Gateways { get; private set; } = null!;

    /// <summary>A user's client, over all gateways.</summary>
    public HttpClient Http { get; private set; } = null!;

    /// <summary>The engines' servers, where it has any.</summary>
    public EngineStack? Engines { get; private set; }

    /// <summary>The model's folder, where it has one.</summary>
    public TinyFolder? Model { get; private set; }

    /// <summary>Starts a stage, fills it with documents and lets users work a moment before Prometheus looks for the first time: a start is no healthy run.</summary>
    /// <exception cref="InvalidOperationException">Something is not installed, or does not start.</exception>
    public static async Task<Stage> StartAsync(StageShape shape, Pace pace, TextWriter? log, CancellationToken cancellationToken)
    {
        var stage = new Stage();
        try
        {
            await stage.StartSystemAsync(shape, log, cancellationToken);
            await stage.StartPrometheusAsync(shape, pace, cancellationToken);
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes other settings over those of the stage into its <c>rag.yaml</c>; a process reads them when it starts.</summary>
    public Task ConfigureAsync(IReadOnlyDictionary<string, string> changes, CancellationToken cancellationToken) =>
        File.WriteAllTextAsync(_configuration, YamlSettings.Write(_settings.Where(setting => !changes.ContainsKey(setting.Key)).Concat(changes)), cancellationToken);

    /// <summary>Processes of services.</summary>
    public async Task<IReadOnlyList<FleetProcess>> ProcessesAsync(IReadOnlyList<string> services, CancellationToken cancellationToken) =>
        [.. (await Fleet.ProcessesAsync(cancellationToken)).Where(process => services.Contains(process.Service))];

    /// <summary>Injects a fault at a service's door; disposing what it returns ends it.</summary>
    /// <param name="fault">What <c>POST /admin/faults</c> takes.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    public async Task<IAsyncDisposable> InjectAsync(object fault, CancellationToken cancellationToken)
    {
        using var response = await Target.Admin.PostAsJsonAsync("/admin/faults", fault, cancellationToken);
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException($"/admin/faults: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellationToken)}");
        var path = response.Headers.Location!;
        return new Undo(async () =>
        {
            using var ended = await Target.Admin.DeleteAsync(path, CancellationToken.None);
            ended.EnsureSuccessStatusCode();
        });
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in _parts.AsEnumerable().Reverse())
            await part.DisposeAsync();
        Fleet?.Dispose();
        Http?.Dispose();
        Gateways?.Dispose();
        Model?.Dispose();
        File.Delete(_configuration);
    }

    private async Task StartSystemAsync(StageShape shape, TextWriter? log, CancellationToken cancellationToken)
    {
        var settings = shape.Settings.ToDictionary();
        if (shape.Engines.Count > 0)
        {
            _parts.Add(Engines = await EngineStack.StartAsync(shape.Engines, cancellationToken));
            foreach (var (path, value) in Engines.Settings)
                settings[path] = value;
        }

        if (shape.Model is { } make)
        {
            Model = make();
            foreach (var (path, value) in shape.ModelSettings(Model))
                settings[path] = value;
        }

        _settings = settings;
        await ConfigureAsync(new Dictionary<string, string>(), cancellationToken);
        _parts.Add(Target = await SystemUnderTest.StartAsync("up", HealthyLlm, shape.Arguments, log, cancellationToken, ("RAG_CONFIG", _configuration)));
        Fleet = new Fleet(await Target.Rag.Status.WaitAsync(TimeSpan.FromSeconds(5), cancellationToken));
        Gateways = new Gateways([.. (await ProcessesAsync(["gateway"], cancellationToken)).Select(process => process.Address)]);
        Http = Gateways.Client(Target.Key);
        await Target.FillAsync(Documents, cancellationToken);
        _parts.Add(Crowd = new Crowd(new ClosedLoad(Http, Users, Documents, seed: 1, new UniqueWords())));
        Crowd.Start();
        await Task.Delay(TimeSpan.FromSeconds(10), cancellationToken);
    }

    private async Task StartPrometheusAsync(StageShape shape, Pace pace, CancellationToken cancellationToken)
    {
        var exporters = new Dictionary<string, string> { ["llm"] = Target.Llm.Address.Authority };
        if (shape.WatchesMachine)
        {
            if (EngineServer.Missing("node-exporter") is { } why)
                throw new InvalidOperationException(why);
            var node = await EngineServer.StartAsync("node-exporter");
            _parts.Add(node);
            exporters["node"] = node.Address;
        }

        _parts.Add(Prometheus = await AlertingPrometheus.StartAsync(await Target.Rag.Status.WaitAsync(TimeSpan.FromSeconds(5), cancellationToken), exporters, pace));
        _parts.Add(Watch = new AlertWatch(Prometheus));
    }
}
