using System.CommandLine;
using Loadline.Bench.Users;
using Loadline.Bench.Wire;

return await new RootCommand("Benches of the load tester") { WireBench.Create(), WireServer.Create(), PaceBench.Create(), CrowdBench.Create() }.Parse(args).InvokeAsync();
