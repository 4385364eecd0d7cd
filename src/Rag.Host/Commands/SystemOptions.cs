using System.CommandLine;
using System.Globalization;

namespace Rag.Host.Commands;

/// <summary>The options that <c>rag serve</c> and <c>rag up</c> share, and the settings that they stand for.</summary>
internal sealed class SystemOptions
{
    private readonly Option<string[]> _urls = new("--urls")
    {
        Description = "The public API's addresses for HTTP/1.1; port 0 takes a free one. Default http://127.0.0.1:8080",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string[]> _http2 = new("--http2-urls") { Description = "Its further addresses for HTTP/2 without TLS (h2c)", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string?> _config = new("--config") { Description = "The configuration file. Default: rag.yaml in the working folder, where there is one" };
    private readonly Option<string?> _data = new("--data") { Description = "The data folder, made when absent. Default ./rag-data" };

    private readonly Option<string?> _devKey = new("--dev-key")
    {
        Description = "An API key that is valid while this process runs: user dev, tenant default, without a limit unless --limit sets one",
    };

    private readonly Option<string?> _adminKey = new("--admin-key") { Description = "Opens POST /admin/keys and /admin/faults to this key; better given as RAG_ADMIN_KEY" };
    private readonly Option<string?> _limit = new("--limit") { Description = "Requests per minute of users without a limit of their own, such as 300/min. Default 100/min" };

    private readonly Option<string?> _llm = new("--llm")
    {
        Description = "An OpenAI-compatible server to generate with, such as http://127.0.0.1:9000/v1. Default: the built-in extractive answerer",
    };

    private readonly Option<string?> _model = new("--llm-model") { Description = "The model to ask that server for. Default 'default'" };
    private readonly Option<bool> _naive = new("--naive") { Description = "Switch off what protects services from each other; for comparison only" };
    private readonly Option<string?> _log = new("--log") { Description = "How log lines on standard error are written: text, json, or ecs (the Elastic Common Schema, with trace ids). Default text", HelpName = "text|json|ecs" };
    private readonly Option<int?> _parent = new("--parent") { Description = "Stop when this process is gone" };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        Option[] all = [_config, _urls, _http2, _data, _devKey, _adminKey, _limit, _llm, _model, _naive, _log, _parent];
        foreach (var option in all)
            command.Options.Add(option);
    }

    /// <summary>The process without which this one stops; null for none.</summary>
    public int? Parent(ParseResult parsed) => parsed.GetValue(_parent);

    /// <summary>The settings that were given; what was not given is left to the other sources of configuration.</summary>
    /// <exception cref="CommandException">The limit can't be read.</exception>
    public Dictionary<string, string?> Read(ParseResult parsed)
    {
        var settings = new Dictionary<string, string?>();
        settings.SetIfGiven("config", parsed.GetValue(_config) is { } file ? Path.GetFullPath(file) : null);
        settings.SetIfGiven("urls", parsed.GetValue(_urls) is { Length: > 0 } urls ? string.Join(';', urls) : null);
        settings.SetIfGiven("http2_urls", parsed.GetValue(_http2) is { Length: > 0 } http2 ? string.Join(';', http2) : null);
        settings.SetIfGiven("parent", parsed.GetValue(_parent)?.ToString(CultureInfo.InvariantCulture));
        settings.SetIfGiven("data", parsed.GetValue(_data));
        settings.SetIfGiven("identity:dev_key", parsed.GetValue(_devKey));
        settings.SetIfGiven("admin_key", parsed.GetValue(_adminKey));
        settings.SetIfGiven("identity:requests_per_minute", RequestLimit.Parse(parsed.GetValue(_limit))?.ToString(CultureInfo.InvariantCulture));
        settings.SetIfGiven("generation:url", parsed.GetValue(_llm));
        settings.SetIfGiven("generation:model", parsed.GetValue(_model));
        settings.SetIfGiven("log", parsed.GetValue(_log));
        settings.SetIfGiven("seams:naive", parsed.GetValue(_naive) ? "true" : null);
        return settings;
    }
}

/// <summary>Settings as a command gathers them.</summary>
internal static class GatheredSettings
{
    /// <summary>Sets a value that was given.</summary>
    public static void SetIfGiven(this Dictionary<string, string?> settings, string name, string? value)
    {
        if (value is not null)
            settings[name] = value;
    }
}
