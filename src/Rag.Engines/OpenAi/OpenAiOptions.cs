using System.Globalization;
using Microsoft.Extensions.Configuration;

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

    /// <summary>Reads the section; null when no <c>generation:url</c> is set.</summary>
    /// <exception cref="InvalidOperationException">A value is not permitted; the message says which, the rule and the value.</exception>
    public static OpenAiOptions? Read(IConfiguration configuration)
    {
        var section = configuration.GetSection("generation");
        if (section["url"] is not { Length: > 0 } url)
            return null;
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new InvalidOperationException($"generation:url: '{url}' is not permitted; expected an http or https address such as http://127.0.0.1:9000/v1");
        return new OpenAiOptions
        {
            Url = address,
            Model = section["model"] is { Length: > 0 } model ? model : "default",
            Key = section["key"],
            FirstTokenTimeout = Seconds(section, "first_token_seconds", 15),
            TokenTimeout = Seconds(section, "token_seconds", 10),
            Liveness = section["liveness"] is not { } text ? true
                : bool.TryParse(text, out var liveness) ? liveness
                : throw new InvalidOperationException($"generation:liveness: '{text}' is not permitted; expected true or false"),
            Connections = (int)Number(section, "connections", 2048, 1, 100_000),
        };
    }

    private static TimeSpan Seconds(IConfigurationSection section, string name, double fallback) =>
        TimeSpan.FromSeconds(Number(section, name, fallback, 0.01, 3600));

    private static double Number(IConfigurationSection section, string name, double fallback, double min, double max)
    {
        if (section[name] is not { } text)
            return fallback;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max
            ? value
            : throw new InvalidOperationException($"generation:{name}: '{text}' is not permitted; expected a number from {min} to {max}");
    }
}
