using Microsoft.Extensions.Configuration;
using Rag.Hosting;

namespace Rag.Engines.OpenAi;

/// <summary>What the configuration says of an OpenAI-compatible server: the section <c>generation</c>.</summary>
internal static class OpenAiSettings
{
    private static readonly Setting<Uri?> Url = Setting.Address("generation:url", null, "The server's address, with or without /v1 (--llm); set, it chooses the engine openai");
    private static readonly Setting<string?> Model = Setting.Text("generation:model", "default", "The model to ask for; servers of a single model accept 'default' (--llm-model)");
    private static readonly Setting<string?> Key = Setting.Hidden("generation:key", "The bearer key; best given as RAG_GENERATION__KEY");
    internal static readonly Setting<TimeSpan> FirstTokenSetting = Setting.Seconds("generation:first_token_seconds", 15, 0.01, 3600, "How long the first text may take; past it the answer is extractive");
    internal static readonly Setting<TimeSpan> TokenSetting = Setting.Seconds("generation:token_seconds", 10, 0.01, 3600, "How long each further text may take");
    private static readonly Setting<bool> Liveness = Setting.Switch("generation:liveness", true, "Whether a server that says nothing for 400 ms is asked whether it lives (GET …/models)");
    private static readonly Setting<int> Connections = Setting.Whole("generation:connections", 2048, 1, 100_000, "The most connections, and so of answers at once");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [Url, Model, Key, FirstTokenSetting, TokenSetting, Liveness, Connections];

    /// <exception cref="InvalidOperationException">Values that are not permitted, or no address; the message names all of them.</exception>
    public static OpenAiOptions Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var url = reader.Read(Url);
        if (configuration[Url.Path] is not { Length: > 0 })
            reader.Refuse($"{Url.Path}: nothing is set; expected the server's address, such as http://127.0.0.1:9000/v1");
        var options = new OpenAiOptions
        {
            Url = url!,
            Model = reader.Read(Model)!,
            Key = reader.Read(Key),
            FirstTokenTimeout = reader.Read(FirstTokenSetting),
            TokenTimeout = reader.Read(TokenSetting),
            Liveness = reader.Read(Liveness),
            Connections = reader.Read(Connections),
        };
        reader.ThrowIfWrong();
        return options;
    }
}
