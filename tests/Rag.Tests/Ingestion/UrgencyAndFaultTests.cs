using Rag.Documents;
using Rag.Ingestion;
using Rag.Seams;
using Rag.Seams.Faults;
using Rag.Tests.Documents;
using Xunit;

namespace Rag.Tests.Ingestion;

public class UrgencyAndFaultTests
{
    [Fact]
    public async Task What_ingestion_calls_waits_behind_what_a_person_waits_for()
    {
        using var documents = new DocumentsFixture(time: TimeProvider.System);
        var seen = new List<(Priority, TimeSpan?)>();
        var services = new FakeServices();
        services.Before = _ =>
        {
            lock (seen)
                seen.Add((CallScope.CurrentPriority, CallScope.Current?.Remaining));
        };
        await using var worker = new WorkerFixture(documents, services);
        await worker.StartAsync();
        await documents.Service.PutAsync(DocumentsFixture.Upload("d", "Some text."), default);
        await worker.EndAsync("d");
        Assert.True(seen.Count >= 3);
        Assert.All(seen, one => Assert.Equal((Priority.Batch, null), one));
    }

    [Fact]
    public async Task Batches_that_meet_an_injected_fault_come_back_after_it()
    {
        using var documents = new DocumentsFixture(time: TimeProvider.System);
        using var faults = new FaultBoard(new Dictionary<string, IReadOnlyList<string>> { ["ingestion"] = new IngestionModule().FaultPoints }, TimeProvider.System, seed: 1);
        await using var worker = new WorkerFixture(documents, new FakeServices(), new IngestionOptions { MaxPause = TimeSpan.FromMilliseconds(1) }, faults: faults);
        var fault = await faults.ApplyAsync(new FaultSpec { Service = "ingestion", Kind = FaultKind.Error, For = TimeSpan.FromMinutes(1) }, default);
        await worker.StartAsync();
        await documents.Service.PutAsync(DocumentsFixture.Upload("d", "Some text."), default);
        using (var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20)))
            while ((await documents.StatusAsync("d"))?.Reason is null)
            {
                Assert.False(limit.IsCancellationRequested, "the fault was not met within 20 s");
                await Task.Yield();
            }

        Assert.Contains(fault.Id, (await documents.StatusAsync("d"))!.Reason);
        Assert.Empty(worker.Services.Embedded);
        await faults.EndAllAsync(default);
        Assert.Equal(DocumentState.Searchable, (await worker.EndAsync("d")).Status);
    }
}
