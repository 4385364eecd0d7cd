using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rag.Engines;
using Rag.Host.Serving;
using Rag.Hosting;

namespace Rag.Host.Commands;

/// <summary><c>rag list</c>.</summary>
internal static class ListCommand
{
    private const string None = "–";

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "As JSON, for programs" };
        var mermaid = new Option<bool>("--mermaid") { Description = "As a Mermaid flowchart, which Markdown pages draw" };
        var settings = new Option<bool>("--settings") { Description = "Every setting and engine instead, as a Markdown page" };
        var command = new Command("list", "List the services and what each depends on") { json, mermaid, settings };
        command.SetAction(async (parsed, stop) =>
        {
            var services = Modules.All.OrderBy(module => module.Name, StringComparer.Ordinal)
                .Select(module => new ListedService(module.Name, [.. module.DependsOn.Order(StringComparer.Ordinal)], module.Replicable, Sharing(module))).ToList();
            var text = parsed.GetValue(settings) ? SettingsPage.Markdown()
                : parsed.GetValue(json) ? JsonSerializer.Serialize(services, ListJson.Default.ListListedService)
                : parsed.GetValue(mermaid) ? Picture(services)
                : Table(services);
            await Console.Out.WriteLineAsync(text.AsMemory(), stop).ConfigureAwait(false);
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>The engines behind which several processes of the service may run where its own can't.</summary>
    private static IReadOnlyList<string> Sharing(ServiceModule module) =>
        module.Replicable ? [] : [.. EngineCatalogue.Of(module.Name).Where(engine => engine.Shared).Select(engine => engine.Name).Order(StringComparer.Ordinal)];

    private static string RunsAs(ListedService service) =>
        service.Replicable ? "many" : service.ReplicableWith.Count == 0 ? "one" : $"one; many with {string.Join(", ", service.ReplicableWith)}";

    private static string Picture(List<ListedService> services) => string.Join(
        Environment.NewLine, services.Where(service => service.DependsOn.Count > 0).Select(service => $"  {service.Name} --> {string.Join(" & ", service.DependsOn)}").Prepend("flowchart LR"));

    private static string Table(List<ListedService> services)
    {
        var name = services.Max(service => service.Name.Length) + 2;
        var runs = services.Max(service => RunsAs(service).Length) + 2;
        var lines = services.Select(service => $"{service.Name.PadRight(name)}{RunsAs(service).PadRight(runs)}{(service.DependsOn.Count == 0 ? None : string.Join(", ", service.DependsOn))}");
        return string.Join(Environment.NewLine, lines.Prepend($"{"SERVICE".PadRight(name)}{"RUNS AS".PadRight(runs)}DEPENDS ON"));
    }
}

internal sealed record ListedService(string Name, IReadOnlyList<string> DependsOn, bool Replicable, IReadOnlyList<string> ReplicableWith);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(List<ListedService>))]
internal sealed partial class ListJson : JsonSerializerContext;
