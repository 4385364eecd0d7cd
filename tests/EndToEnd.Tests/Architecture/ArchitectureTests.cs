using System.Diagnostics;
using System.Text.Json.Nodes;
using Mono.Cecil;
using Xunit;

namespace EndToEnd.Tests.Architecture;

/// <summary>Holds the rules that ARCHITECTURE.md draws: the wall, the order of Loadline's folders, and services that know each other by contract only.</summary>
public class ArchitectureTests
{
    // Each folder may use those before it. Llm and Capacity's like stand by themselves on Plans alone.
    private static readonly string[] LoadlineOrder =
        ["Plans", "Targets", "Schedules", "Wire", "Recording", "Verdicts", "OpenSlo", "Users", "Trials", "Processes", "Serving", "Probes", "Traces", "Faults", "Export", "Runs", "Diagnosis", "Comparison", "Reports", "Suites", "Live", "Capacity", "Fleet", "Testing"];

    private static readonly string[] Services =
        ["Gateway", "Identity", "Documents", "Ingestion", "Embedding", "Vectors", "Keywords", "Search", "Reranking", "Query", "Generation", "Caching"];

    [Theory]
    [InlineData("Loadline.dll", "Rag")]
    [InlineData("Loadline.Cli.dll", "Rag")]
    [InlineData("rag/Rag.dll", "Loadline")]
    [InlineData("rag/Rag.Engines.dll", "Loadline")]
    [InlineData("rag/Rag.Host.dll", "Loadline")]
    public void Only_network_protocols_cross_the_wall(string assembly, string otherHalf)
    {
        using var module = ModuleDefinition.ReadModule(Path.Combine(Binaries.Cli, assembly));
        Assert.DoesNotContain(module.AssemblyReferences, r => r.Name == otherHalf || r.Name.StartsWith(otherHalf + ".", StringComparison.Ordinal));
    }

    [Fact]
    public void Loadlines_folders_use_only_those_before_them()
    {
        var broken =
            from use in TypeUses.In(Path.Combine(Binaries.Cli, "Loadline.dll"))
            let user = TypeUses.FolderOf(use.User, "Loadline")
            let used = TypeUses.FolderOf(use.Used, "Loadline")
            where user is not null && used is not null && user != used && !MayUse(user, used)
            select $"{use.User.FullName} ({user}) uses {use.Used.FullName} ({used})";
        Assert.Empty(broken.Distinct());

        static bool MayUse(string user, string used) => user switch
        {
            "Llm" or "K6" => used == "Plans",
            _ => Array.IndexOf(LoadlineOrder, used) is >= 0 and var at && at < Array.IndexOf(LoadlineOrder, user),
        };
    }

    [Fact]
    public void Every_folder_of_Loadline_has_its_place_in_the_order()
    {
        var folders = TypeUses.In(Path.Combine(Binaries.Cli, "Loadline.dll")).Select(u => TypeUses.FolderOf(u.User, "Loadline")).OfType<string>().Distinct();
        Assert.Empty(folders.Except([.. LoadlineOrder, "Llm", "K6"]));
    }

    [Fact]
    public void A_service_knows_another_only_by_its_contract()
    {
        var broken =
            from use in TypeUses.In(Path.Combine(Binaries.Cli, "rag/Rag.dll"))
            let user = TypeUses.FolderOf(use.User, "Rag")
            let used = TypeUses.FolderOf(use.Used, "Rag")
            where user is not null && used is not null && user != used && Services.Contains(used) && !IsContract(use.Used.Resolve())
            select $"{use.User.FullName} uses {use.Used.FullName}, which is no contract of {used}";
        Assert.Empty(broken.Distinct());
    }

    [Fact]
    public async Task The_table_of_services_says_what_rag_list_says()
    {
        using var list = Process.Start(new ProcessStartInfo("dotnet", [Binaries.Rag, "list", "--json"]) { RedirectStandardOutput = true })!;
        var listed = JsonNode.Parse(await list.StandardOutput.ReadToEndAsync())!.AsArray()
            .Select(service => Line(service!["name"]!.GetValue<string>(), service["depends_on"]!.AsArray().Select(name => name!.GetValue<string>())));
        var page = await File.ReadAllLinesAsync(Path.Combine(Binaries.Root, "ARCHITECTURE.md"));
        var drawn = page.SkipWhile(line => !line.StartsWith("| service |", StringComparison.Ordinal)).Skip(2).TakeWhile(line => line.StartsWith('|'))
            .Select(row => row.Trim('|').Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => Line(cells[0], cells[2] == "–" ? [] : cells[2].Split(',', StringSplitOptions.TrimEntries)));
        Assert.Equal(listed.Order(StringComparer.Ordinal), drawn.Order(StringComparer.Ordinal));

        static string Line(string name, IEnumerable<string> dependsOn) => $"{name}: {string.Join(", ", dependsOn.Order(StringComparer.Ordinal))}";
    }

    [Fact]
    public async Task The_picture_of_services_is_the_one_that_rag_list_draws()
    {
        using var list = Process.Start(new ProcessStartInfo("dotnet", [Binaries.Rag, "list", "--mermaid"]) { RedirectStandardOutput = true })!;
        var expected = (await list.StandardOutput.ReadToEndAsync()).TrimEnd().ReplaceLineEndings("\n");
        var page = (await File.ReadAllTextAsync(Path.Combine(Binaries.Root, "ARCHITECTURE.md"))).ReplaceLineEndings("\n");
        Assert.Contains($"```mermaid\n{expected}\n```", page, StringComparison.Ordinal);
    }

    // A contract is a public interface with its messages: records, structs and enums.
    private static bool IsContract(TypeDefinition type) =>
        type.IsPublic && (type.IsInterface || type.IsEnum || type.IsValueType || type.Methods.Any(m => m.Name == "<Clone>$"));
}
