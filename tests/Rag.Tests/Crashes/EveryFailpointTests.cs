using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Rag.Crashes;
using Rag.Documents;
using Rag.Engines;
using Rag.Host.Serving;
using Rag.Host.Wiring;
using Rag.Ingestion;
using Rag.Tests.Conformance.Queue;
using Rag.Tests.Documents;
using Xunit;

namespace Rag.Tests.Crashes;

/// <summary>Failpoints are the process's: while these tests watch, no other may run.</summary>
[CollectionDefinition(nameof(WatchedFailpoints), DisableParallelization = true)]
public sealed class WatchedFailpoints;

[Collection(nameof(WatchedFailpoints))]
public sealed class EveryFailpointTests
{
    /// <summary>Points that only a broker between documents and ingestion brings into play.</summary>
    private static readonly Failpoint[] OfABroker =
    [
        Failpoint.RelayTold, Failpoint.RelayPublished, Failpoint.ChannelReceived, Failpoint.ChannelClaimed, Failpoint.LettersUnfiled, Failpoint.LettersFiled,
        Failpoint.ChannelBeforeAcknowledge, Failpoint.ChannelAcknowledged,
    ];

    [Fact]
    public async Task Upload_replacement_and_deletion_pass_every_failpoint()
    {
        var folder = Directory.CreateTempSubdirectory("rag-failpoints-").FullName;
        var (left, all) = Watch(Enum.GetValues<Failpoint>().Except(OfABroker));
        try
        {
            var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["urls"] = "http://127.0.0.1:0",
                ["data"] = folder,
                ["logging:LogLevel:Default"] = "Warning",
            }).Build();
            var placement = Placement.Read(configuration, Modules.All);
            await using var host = RagApp.Build(configuration, placement, services => EngineCatalogue.Register(services, Server.Engines(configuration, placement, folder)));
            await host.StartAsync(TestContext.Current.CancellationToken);
            var documents = host.Services.GetRequiredService<IDocuments>();
            await documents.PutAsync(DocumentsFixture.Upload("d", "The lighthouse stands at the harbour."), TestContext.Current.CancellationToken);
            await documents.PutAsync(DocumentsFixture.Upload("d", "The lighthouse stood at the harbour."), TestContext.Current.CancellationToken);
            await documents.DeleteAsync("t", "d", null, TestContext.Current.CancellationToken);
            // A version that is replaced before it is processed passes few of them.
            await documents.PutAsync(DocumentsFixture.Upload("e", "The pilot comes at dawn."), TestContext.Current.CancellationToken);

            await Task.WhenAny(all, Task.Delay(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
            Assert.Empty(left.Keys);
            await host.StopAsync(TestContext.Current.CancellationToken);
        }
        finally
        {
            Failpoints.Watch(null);
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task With_a_broker_a_job_that_is_done_and_one_that_is_given_up_on_pass_those_of_the_relays_and_the_channel()
    {
        var (left, all) = Watch(OfABroker);
        try
        {
            await using var house = await QueueHouse.OpenAsync(new MemoryChannel());
            var worker = house.NewWorker();
            await house.PutAsync("a");
            await worker.EndAsync(Assert.Single(await worker.ClaimAsync()));
            await house.PutAsync("b");
            await worker.EndAsync(Assert.Single(await worker.ClaimAsync()), IngestionOutcome.Poison, "it can't be read");

            await Task.WhenAny(all, Task.Delay(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
            Assert.Empty(left.Keys);
        }
        finally
        {
            Failpoints.Watch(null);
        }
    }

    /// <summary>Watches for points; tells which nobody has come to, and when there is none of them left.</summary>
    private static (ConcurrentDictionary<Failpoint, bool> Left, Task All) Watch(IEnumerable<Failpoint> points)
    {
        var left = new ConcurrentDictionary<Failpoint, bool>(points.Select(point => KeyValuePair.Create(point, true)));
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Failpoints.Watch(point =>
        {
            if (left.TryRemove(point, out _) && left.IsEmpty)
                all.TrySetResult();
        });
        return (left, all.Task);
    }
}
