using System.CommandLine;
using Rag.Bench.Documents;

var root = new RootCommand("Measures parts of the RAG system beside their peers; bench/README.md says how to read the tables.");
root.Subcommands.Add(DocumentsBench.Command());
return await root.Parse(args).InvokeAsync();
