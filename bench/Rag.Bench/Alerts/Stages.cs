using Rag.Bench.Alerts.Faults;
using Rag.Tests.Onnx.Tiny;

namespace Rag.Bench.Alerts;

/// <summary>All stages with all their episodes: the one list.</summary>
internal static class Stages
{
    public static IReadOnlyList<StageShape> All { get; } =
    [
        new("embedded engines, two gateways, three query processes",
        [
            Outages.VectorsLost, Outages.TwoFrozen, Outages.QueryFrozen, Outages.Restarts, Outages.CacheFrozen, Outages.AnotherModel,
            Slowness.Llm, Slowness.SearchAndUploads, Loads.SameDocuments, Loads.SameQuestion, Loads.LowLimit, Loads.OneGateway, Loads.Overload, Outages.IngestionFrozen,
        ])
        {
            Arguments = ["--replicas", "gateway=2,query=3"],
            Settings = new Dictionary<string, string>
            {
                // Room for these users with every part healthy, and no more.
                ["gateway:shedding_first"] = "64",
                ["gateway:shedding_most"] = "64",
                ["gateway:shedding_least"] = "32",
                // A slow upload is to be a late one: by itself the call gives up after 10 s, and the request counts as failed.
                ["seams:documents:cap_ms"] = "20000",
            },
        },
        new("documents, keys and vectors in PostgreSQL", [Databases.VectorsLocked, Databases.DocumentsLocked])
        {
            Engines = ["pgvector"],
            Settings = new Dictionary<string, string> { ["postgres:pool"] = "4" },
        },
        new("an ONNX model reranks", [ModelChanges.Growing])
        {
            Model = () => new TinyFolder(head: TinyHead.Score, pooling: null),
            ModelSettings = folder => new Dictionary<string, string>
            {
                ["search:rerank"] = "true",
                ["reranking:engine"] = "onnx",
                ["reranking:model"] = folder.Folder,
                ["reranking:reload_seconds"] = "1",
                ["seams:reranking:cap_ms"] = "1000",
            },
        },
        // What else runs on the machine is seen here as well: apart, so that it doesn't speak for the system.
        new("the machine itself (node-exporter)", [Loads.LossyNetwork, Slowness.Processors]) { WatchesMachine = true },
    ];
}
