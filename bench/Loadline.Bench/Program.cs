using System.CommandLine;
using Loadline.Bench.Recording;
using Loadline.Bench.Wire;

return await new RootCommand("Benches of the load tester") { WireBench.Create(), WireServer.Create(), RecordingBench.Create() }.Parse(args).InvokeAsync();
