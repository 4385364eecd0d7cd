using Microsoft.Extensions.Configuration;
using Rag.Hosting;

namespace Rag.Engines.OpenAi;

/// <summary>How to reach an OpenAI-compatible server; the configuration section <c>generation</c>.</summary>
public sealed record OpenAiOptions
{
    private static readonly Setting<Uri?> UrlSetting = Setting.Address("generation:url", null, "Engine openai: the server's address, with or without /v1; set, it chooses the engine");
    private static readonly Setting<string?> ModelSetting = Setting.Text("generation:model", "default", "Engine openai: the model to ask for; servers of a single model accept any name");
    private static readonly Setting<string?> KeySetting = Setting.Hidden("generation:key", "Engine openai: the bearer key; set it through the environment (RAG_GENERATION__KEY)");
    private static readonly Setting<bool> LivenessSetting = Setting.Switch("generation:liveness", true, "Engine openai: whether a server that says nothing for 400 ms is asked whether it lives (GET …/models, 300 ms)");
    private static readonly Setting<int> ConnectionsSetting = Setting.Whole("generation:connections", 2048, 1, 100_000, "Engine openai: the most answers at once");

    /// <summary>How long the first text may take; for every engine that asks a model elsewhere.</summary>
    internal static readonly Setting<TimeSpan> FirstTokenSetting = Setting.Seconds("generation:first_token_seconds", 15, 0.01, 3600, "Engines openai, extensions-ai: how long the first text may take from sending");

    /// <summary>How long each further text may take.</summary>
    internal static readonly Setting<TimeSpan> TokenSetting = Setting.Seconds("generation:token_seconds", 10, 0.01, 3600, "Engines openai, extensions-ai: how long each further text may take");

    /// <summary>All settings of the section.</summary>
    internal static IReadOnlyList<Setting> Settings { get; } = [UrlSetting, ModelSetting, KeySetting, FirstTokenSetting, TokenSetting, LivenessSetting, ConnectionsSetting];

    /// <summary>The server's address, <c>generation:url</c>, with or without <c>/v1</c>.</summary>
    public required Uri Url { get; init; }

    /// <summary>The model to ask for, <c>generation:model</c>; default <c>default</c>, which servers of a single model accept.</summary>
    public string Model { get; init; } = "default";

    /// <summary>The bearer key, <c>generation:key</c>; set it through the environment (<c>RAG_GENERATION__KEY</c>). Null sends none.</summary>
    public string? Key { get; init; }

    /// <summary>How long a connection may take to be made; 700 ms, so that a server that can't be reached costs less than a second.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromMilliseconds(700);

    /// <summary>How long the first text may take from sending, <c>generation:first_token_seconds</c>; default 15 s.</summary>
    public TimeSpan FirstTokenTimeout { get; init; } = FirstTokenSetting.Default;

    /// <summary>How long each further text may take, <c>generation:token_seconds</c>; default 10 s.</summary>
    public TimeSpan TokenTimeout { get; init; } = TokenSetting.Default;

    /// <summary>
    /// Whether a server that says nothing for 400 ms is asked whether it lives (<c>GET …/models</c>, 300 ms), <c>generation:liveness</c>; default true.
    /// Without it a dead server costs its streams the first text's time.
    /// </summary>
    public bool Liveness { get; init; } = true;

    /// <summary>The most connections, and so of answers at once, <c>generation:connections</c>; default 2048. Past them requests wait, within the first token's time.</summary>
    public int Connections { get; init; } = ConnectionsSetting.Default;

    /// <summary>Reads the section; null when no <c>generation:url</c> is set.</summary>
    /// <exception cref="InvalidOperationException">Values are not permitted; the message says which, the rules and the values.</exception>
    public static OpenAiOptions? Read(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        if (configuration[UrlSetting.Path] is not { Length: > 0 })
            return null;
        var reader = new SettingsReader(configuration);
        var url = reader.Read(UrlSetting);
        var options = new OpenAiOptions
        {
            Url = url ?? new Uri("http://127.0.0.1"),
            Model = reader.Read(ModelSetting)!,
            Key = reader.Read(KeySetting),
            FirstTokenTimeout = reader.Read(FirstTokenSetting),
            TokenTimeout = reader.Read(TokenSetting),
            Liveness = reader.Read(LivenessSetting),
            Connections = reader.Read(ConnectionsSetting),
        };
        reader.ThrowIfWrong();
        return options;
    }
}
