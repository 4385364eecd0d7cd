namespace Rag.Engines.OpenAi;

/// <summary>How to reach an OpenAI-compatible server; the configuration section <c>generation</c>.</summary>
public sealed record OpenAiOptions
{
    /// <summary>The server's address, <c>generation:url</c>, with or without <c>/v1</c>.</summary>
    public required Uri Url { get; init; }

    /// <summary>The model to ask for, <c>generation:model</c>; default <c>default</c>, which servers of a single model accept.</summary>
    public string Model { get; init; } = "default";

    /// <summary>The bearer key, <c>generation:key</c>; set it through the environment (<c>RAG_GENERATION__KEY</c>). Null sends none.</summary>
    public string? Key { get; init; }

    /// <summary>How long a connection may take to be made; 700 ms, so that a server that can't be reached costs less than a second.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromMilliseconds(700);

    /// <summary>How long the first text may take from sending, <c>generation:first_token_seconds</c>; default 15 s.</summary>
    public TimeSpan FirstTokenTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long each further text may take, <c>generation:token_seconds</c>; default 10 s.</summary>
    public TimeSpan TokenTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether a server that says nothing for 400 ms is asked whether it lives (<c>GET …/models</c>, 300 ms), <c>generation:liveness</c>; default true.
    /// Without it a dead server costs its streams the first text's time.
    /// </summary>
    public bool Liveness { get; init; } = true;

    /// <summary>The most connections, and so of answers at once, <c>generation:connections</c>; default 2048. Past them requests wait, within the first token's time.</summary>
    public int Connections { get; init; } = 2048;
}
