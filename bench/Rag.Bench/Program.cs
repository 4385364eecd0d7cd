using System.CommandLine;
using Rag.Bench.SciFact;

return await new RootCommand("Benches of the RAG system") { SciFactBench.Create() }.Parse(args).InvokeAsync();
