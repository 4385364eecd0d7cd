using System.CommandLine;
using Rag.Bench.SciFact;
using Rag.Bench.Vectors;

var root = new RootCommand("Measures parts of the RAG system beside their peers; bench/README.md says how to read the tables.");
root.Subcommands.Add(SciFactBench.Create());
root.Subcommands.Add(VectorsBench.Command());
return await root.Parse(args).InvokeAsync();
