using System.CommandLine;
using Rag.Bench.Caching;
using Rag.Bench.Documents;
using Rag.Bench.Models;
using Rag.Bench.Query;
using Rag.Bench.Resilience;
using Rag.Bench.SciFact;
using Rag.Bench.Seams;
using Rag.Bench.Transport;
using Rag.Bench.Vectors;

return await new RootCommand("Benches of the RAG system, each with its peers in one run")
{
    VectorsBench.Command(), SciFactBench.Create(), DocumentsBench.Command(), QueryBench.Create(), TokenBench.Create(), CachingBench.Create(),
    TransportBench.Create(), TransportBench.CreateServer(), MetastableBench.Create(), OverloadBench.Create(), StampedeBench.Create(), StreamsBench.Create(),
    OutagesBench.Create(), SeamsBench.Create(), ModelsBench.Create(),
}.Parse(args).InvokeAsync();
