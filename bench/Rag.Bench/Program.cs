using System.CommandLine;
using Rag.Bench.Alerts;
using Rag.Bench.Caching;
using Rag.Bench.Crashes;
using Rag.Bench.Crashes.Planted;
using Rag.Bench.Documents;
using Rag.Bench.Engines;
using Rag.Bench.Models;
using Rag.Bench.Query;
using Rag.Bench.Resilience;
using Rag.Bench.SciFact;
using Rag.Bench.Seams;
using Rag.Bench.Transport;
using Rag.Bench.Vectors;
using Rag.Host.Commands;

// A process of the system that `crashes` kills: `rag`, perhaps with a bug.
if (args is ["crash-host", var planted, ..])
    return await RagCommand.RunAsync(args[2..], PlantedBugs.Modules(planted));

return await new RootCommand("Benches of the RAG system, each with its peers in one run")
{
    VectorsBench.Command(), SciFactBench.Create(), DocumentsBench.Command(), QueryBench.Create(), TokenBench.Create(), CachingBench.Create(),
    TransportBench.Create(), TransportBench.CreateServer(), MetastableBench.Create(), OverloadBench.Create(), StampedeBench.Create(), StreamsBench.Create(),
    OutagesBench.Create(), SeamsBench.Create(), ModelsBench.Create(), CrashesBench.Create(), EnginesBench.Create(), AlertsBench.Create(),
}.Parse(args).InvokeAsync();
