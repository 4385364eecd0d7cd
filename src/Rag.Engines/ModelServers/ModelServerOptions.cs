using Microsoft.Extensions.Configuration;
using Rag.Hosting;

namespace Rag.Engines.ModelServers;

/// <summary>The settings of a model that a server computes, declared once for each seam: <c>embedding:url</c>, <c>reranking:url</c> and so on.</summary>
internal sealed class ModelServerSettings
{
    private ModelServerSettings(string seam)
    {
        Seam = seam;
        Url = Setting.Address($"{seam}:url", null, "Engines tei, openai: the server's address, such as http://127.0.0.1:8080; for openai with or without /v1");
        Key = Setting.Hidden($"{seam}:key", $"Engines tei, openai: the bearer key; set it through the environment (RAG_{seam.ToUpperInvariant()}__KEY)");
        Timeout = Setting.Seconds($"{seam}:timeout_seconds", 10, 0.1, 600, "Engines tei, openai: the most time for one request's texts, further tries included");
        Concurrency = Setting.Whole($"{seam}:connections", 16, 1, 1024, "Engines tei, openai: requests to the server at a time");
        Texts = Setting.Whole($"{seam}:server_texts", 32, 1, 2048, "Engines tei, openai: the most texts of one request to the server; tei's own limit holds as well");
        Dimensions = Setting.Whole($"{seam}:dimensions", 0, 0, 65_536, "Engines tei, openai, extensions-ai: the dimensions that vectors must have; openai is asked for them. 0 takes them as they come");
    }

    public static ModelServerSettings Embedding { get; } = new("embedding");

    public static ModelServerSettings Reranking { get; } = new("reranking");

    public string Seam { get; }

    public Setting<Uri?> Url { get; }

    public Setting<string?> Key { get; }

    public Setting<TimeSpan> Timeout { get; }

    public Setting<int> Concurrency { get; }

    public Setting<int> Texts { get; }

    /// <summary>Of embedding alone. The built-in model has a setting of the same name, with a rule of its own.</summary>
    public Setting<int> Dimensions { get; }

    /// <summary>All of them.</summary>
    public IReadOnlyList<Setting> All => Seam == "embedding" ? [Url, Key, Timeout, Concurrency, Texts, Dimensions] : [Url, Key, Timeout, Concurrency, Texts];
}

/// <summary>How to reach a server of models; see <see cref="ModelServerSettings"/> for defaults and ranges.</summary>
internal sealed record ModelServerOptions
{
    /// <summary><c>embedding</c> or <c>reranking</c>.</summary>
    public required string Seam { get; init; }

    public required Uri Url { get; init; }

    /// <summary>Null sends none.</summary>
    public string? Key { get; init; }

    /// <summary>How long a connection may take to be made; 700 ms, so that a server that can't be reached costs less than a second.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromMilliseconds(700);

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    public int Concurrency { get; init; } = 16;

    public int Texts { get; init; } = 32;

    /// <summary>Null takes them as they come.</summary>
    public int? Dimensions { get; init; }

    /// <summary>The model's name for servers of several.</summary>
    public string? Model { get; init; }

    /// <summary>What stands before a question.</summary>
    public string QueryPrefix { get; init; } = "";

    /// <summary>What stands before a passage.</summary>
    public string PassagePrefix { get; init; } = "";

    /// <summary>Reads the settings.</summary>
    /// <exception cref="InvalidOperationException">Values that are not permitted, all at once.</exception>
    public static ModelServerOptions Read(ModelServerSettings settings, string engine, bool needsModel, IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var isEmbedding = settings.Seam == "embedding";
        var url = reader.Read(settings.Url);
        if (url is null && configuration[settings.Url.Path] is not { Length: > 0 })
            reader.Refuse($"{settings.Url.Path}: nothing is set, but {settings.Seam}:engine is {engine}; expected the server's address, such as http://127.0.0.1:8080");
        var model = configuration[$"{settings.Seam}:model"];
        if (needsModel && model is not { Length: > 0 })
            reader.Refuse($"{settings.Seam}:model: nothing is set, but {settings.Seam}:engine is {engine}; expected the model's name as the server knows it, such as text-embedding-3-small");
        var dimensions = isEmbedding ? reader.Read(settings.Dimensions) : 0;
        var options = new ModelServerOptions
        {
            Seam = settings.Seam,
            Url = url ?? new Uri("http://127.0.0.1"),
            Key = reader.Read(settings.Key),
            Timeout = reader.Read(settings.Timeout),
            Concurrency = reader.Read(settings.Concurrency),
            Texts = reader.Read(settings.Texts),
            Dimensions = dimensions == 0 ? null : dimensions,
            Model = model,
            QueryPrefix = isEmbedding ? reader.Read(Onnx.OnnxSettings.QueryPrefix) ?? "" : "",
            PassagePrefix = isEmbedding ? reader.Read(Onnx.OnnxSettings.PassagePrefix) ?? "" : "",
        };
        reader.ThrowIfWrong();
        return options;
    }
}
