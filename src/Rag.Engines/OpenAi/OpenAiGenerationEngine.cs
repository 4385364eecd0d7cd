using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Rag.Engines.ModelServers;
using Rag.Generation;
using Rag.Hosting;

namespace Rag.Engines.OpenAi;

/// <summary>Generation by an OpenAI-compatible server: vLLM, TGI, Ollama, llama.cpp, OpenAI, Azure.</summary>
internal sealed class OpenAiGenerationEngine : Engine
{
    public override string Seam => "generation";

    public override string Name => "openai";

    public override string Description => "an OpenAI-compatible server: vLLM, TGI, Ollama, llama.cpp, OpenAI, Azure";

    public override IReadOnlyList<Setting> Settings => OpenAiSettings.All;

    public override bool IsImpliedBy(EngineContext context) => context.Configuration["generation:url"] is { Length: > 0 };

    public override void Register(IServiceCollection services, EngineContext context)
    {
        var options = OpenAiSettings.Read(context.Configuration);
        services.AddSingleton<IGeneration>(provider => new OpenAiGeneration(options, provider.GetRequiredService<TimeProvider>()));
    }

    /// <summary>Asks for the server's models, which costs no token, and whether the one that is wanted is among them.</summary>
    public override async ValueTask<IReadOnlyList<Finding>> CheckAsync(EngineContext context, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> models = [];
        var wanted = "";
        var found = await ModelServerCheck.RunAsync(async () =>
        {
            var options = OpenAiSettings.Read(context.Configuration);
            wanted = options.Model;
            using var server = new ModelServer(
                new ModelServerOptions { Seam = Seam, Url = options.Url.AbsolutePath == "/" ? new Uri(options.Url, "/v1") : options.Url, Key = options.Key, Timeout = TimeSpan.FromSeconds(5) }, context.Time);
            models = await server.GetAsync<IReadOnlyList<string>>("/models", Names, cancellationToken).ConfigureAwait(false);
            return $"generation: {options.Url.Authority} (OpenAI-compatible): models {string.Join(", ", models.Take(5))}{(models.Count > 5 ? " and others" : "")}";
        }).ConfigureAwait(false);
        return found[0].Works && wanted != "default" && !models.Contains(wanted)
            ? [.. found, new Finding(false, $"generation:model: the server does not list '{wanted}'", "name one of its models")]
            : found;
    }

    private static string[] Names(JsonElement json, HttpResponseHeaders headers) => [.. json.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString() ?? "")];
}
