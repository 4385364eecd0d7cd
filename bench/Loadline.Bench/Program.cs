using System.CommandLine;
using Loadline.Bench.Faults;
using Loadline.Bench.Live;
using Loadline.Bench.Recording;
using Loadline.Bench.Users;
using Loadline.Bench.Wire;

return await new RootCommand("Benches of the load tester")
{
    WireBench.Create(), WireServer.Create(), HttpBench.Create(), BenchRun.Create(), StreamsBench.Create(), StreamServer.Create(), IdleBench.Create(), RecordingBench.Create(),
    PaceBench.Create(), CrowdBench.Create(), ProxyBench.Create(), ProxyPeer.Create(), LiveBench.Create(),
}.Parse(args).InvokeAsync();
