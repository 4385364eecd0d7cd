using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rag.Host.Serving;

namespace Rag.Host.Commands;

/// <summary><c>rag list</c>.</summary>
internal static class ListCommand
{
    private const string None = "–";

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "As JSON, for programs" };
        var command = new Command("list", "List the services and what each depends on") { json };
        command.SetAction(async (parsed, stop) =>
        {
            var services = Modules.All.OrderBy(module => module.Name, StringComparer.Ordinal)
                .Select(module => new ListedService(module.Name, [.. module.DependsOn.Order(StringComparer.Ordinal)], module.Replicable)).ToList();
            await Console.Out.WriteLineAsync((parsed.GetValue(json) ? JsonSerializer.Serialize(services, ListJson.Default.ListListedService) : Table(services)).AsMemory(), stop)
                .ConfigureAwait(false);
            return ExitCode.Ok;
        });
        return command;
    }

    private static string Table(List<ListedService> services)
    {
        var name = services.Max(service => service.Name.Length) + 2;
        var lines = services.Select(service => $"{service.Name.PadRight(name)}{(service.Replicable ? "many" : "one"),-9}{(service.DependsOn.Count == 0 ? None : string.Join(", ", service.DependsOn))}");
        return string.Join(Environment.NewLine, lines.Prepend($"{"SERVICE".PadRight(name)}{"RUNS AS",-9}DEPENDS ON"));
    }
}

internal sealed record ListedService(string Name, IReadOnlyList<string> DependsOn, bool Replicable);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(List<ListedService>))]
internal sealed partial class ListJson : JsonSerializerContext;
