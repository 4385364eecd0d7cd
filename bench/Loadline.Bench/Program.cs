using System.CommandLine;
using Loadline.Bench.Wire;

return await new RootCommand("Benches of the load tester") { WireBench.Create(), WireServer.Create() }.Parse(args).InvokeAsync();
