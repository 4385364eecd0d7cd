using System.Diagnostics;
using System.Net;
using EndToEnd.Tests.Durability;
using Xunit;

namespace EndToEnd.Tests.Services;

/// <summary>One <c>rag up</c> for all tests here, each of which leaves it ready.</summary>
public sealed class RunningServices : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    internal string Data => _folder["data"];

    internal RagUp Up { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Up = await RagUp.StartAsync(Data, "--replicas", "embedding=2");

    public async ValueTask DisposeAsync()
    {
        await Up.DisposeAsync();
        _folder.Dispose();
    }
}

public class SupervisionTests(RunningServices services) : IClassFixture<RunningServices>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_document_becomes_searchable_across_the_processes_of_all_services()
    {
        using var client = new RagClient(services.Up.Address, RagUp.Key);
        await PatientlyAsync(() => client.UploadAsync("ships", "A load line marks how deep a ship may lie."));
        Assert.Contains(await FoundAsync(client, "ships", "load line"), found => found.Text.Contains("how deep", StringComparison.Ordinal));

        var status = await services.Up.StatusAsync();
        Assert.True(status.Ready);
        Assert.Equal(13, status.Processes.Count);
        Assert.Equal(13, status.Processes.Select(process => process.Pid).Distinct().Count());
        Assert.All(status.Processes, process => Assert.Equal("ready", process.State));
    }

    [Theory]
    [InlineData("search")]
    [InlineData("gateway")]
    [InlineData("embedding-2")]
    public async Task A_killed_process_is_restarted_where_it_was_and_used_again(string name)
    {
        var before = await services.Up.StatusAsync(name);
        RagUp.Signal(before.Pid!.Value, "KILL");
        await services.Up.RestartedAsync(name, before.Restarts + 1);
        var after = await services.Up.StatusAsync(name);
        Assert.NotEqual(before.Pid, after.Pid);
        Assert.Equal((before.Http, before.Grpc, 137), (after.Http, after.Grpc, after.LastExitCode));

        using var client = new RagClient(services.Up.Address, RagUp.Key);
        await PatientlyAsync(() => client.UploadAsync(name, $"After the kill of {name} this is found."));
        Assert.NotEmpty(await FoundAsync(client, name, $"kill {name}"));
    }

    [Fact]
    public async Task A_processs_Ctrl_C_is_its_supervisors()
    {
        var query = await services.Up.StatusAsync("query");
        RagUp.Signal(query.Pid!.Value, "INT"); // what a terminal does to all processes at once
        using var http = new HttpClient { BaseAddress = new Uri(query.Http!) };
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/ready")).StatusCode);
        Assert.Equal(query, await services.Up.StatusAsync("query"));
    }

    [Fact]
    public void Standard_output_has_the_addresses_and_nothing_else_and_the_log_names_who_speaks()
    {
        Assert.Equal(2, services.Up.Output.Count);
        Assert.Matches("^status on http://127.0.0.1:[0-9]+$", services.Up.Output[0]);
        Assert.Matches("^listening on http://127.0.0.1:[0-9]+$", services.Up.Output[1]);
        Assert.Contains("embedding-1 | ready after", services.Up.Errors, StringComparison.Ordinal);
        Assert.Contains("gateway     | ready after", services.Up.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secrets_are_on_no_command_line()
    {
        foreach (var process in (await services.Up.StatusAsync()).Processes)
            Assert.DoesNotContain(RagUp.Key, await File.ReadAllTextAsync($"/proc/{process.Pid}/cmdline"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_one_on_the_same_data_is_refused()
    {
        await using var second = new RagUp(services.Data);
        Assert.Equal(112, await second.ExitAsync());
        Assert.Contains("is in use by another 'rag up'; stop that one", second.Errors, StringComparison.Ordinal);
        Assert.True((await services.Up.StatusAsync()).Ready);
    }

    private static async Task<IReadOnlyList<RagClient.Found>> FoundAsync(RagClient client, string document, string query)
    {
        var watch = Stopwatch.StartNew();
        while ((await PatientlyAsync(() => client.StatusAsync(document)))?.Status != "searchable")
        {
            Assert.True(watch.Elapsed < Patience, $"{document} did not become searchable");
            await Task.Delay(50);
        }

        return [.. (await PatientlyAsync(() => client.SearchAsync(query))).Where(found => found.DocumentId == document)];
    }

    // On a machine that is busy with other things a first call, which is compiled first, may take longer than a call between services may. That is said
    // honestly (504), and is not what is tested here.
    private static async Task<T> PatientlyAsync<T>(Func<Task<T>> call)
    {
        for (var watch = Stopwatch.StartNew(); ;)
        {
            try
            {
                return await call();
            }
            catch (Exception problem) when (problem is RagClient.RefusedException or HttpRequestException && watch.Elapsed < Patience)
            {
                await Task.Delay(100);
            }
        }
    }
}
