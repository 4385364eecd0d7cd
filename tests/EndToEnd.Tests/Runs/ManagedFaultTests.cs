using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace EndToEnd.Tests.Runs;

/// <summary>Faults of what a manager runs: a container, a unit, a pod. The managers' commands are scripts here, each with one sleeping process that does not care for SIGTERM.</summary>
public sealed class ManagedFaultTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Clean = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData("container:rag", false)]
    [InlineData("container:rag", true)]
    [InlineData("unit:rag.service", false)]
    public async Task What_is_frozen_stands_still_and_goes_on(string place, bool killed)
    {
        using var folder = new TemporaryFolder();
        using var llm = new LoadlineProcess("llm", "--port", "0");
        using var managed = new Managed(folder);
        using var run = await PlantedFault.RunAsync(llm, folder, $"freeze: \"{place}\"", killed ? "100s" : "4s", managed.Folder);
        await run.SaysAsync("Fault 'planted': ", Patience);
        await Eventually.Async(() => managed.State == 'T', Clean, managed.Said);
        var pid = managed.Pid;

        await EndAsync(run, killed);
        await Eventually.Async(() => managed.State == 'S', Clean, managed.Said);
        Assert.Equal(pid, managed.Pid);
    }

    [Theory]
    [InlineData("kill: \"container:rag\"", "docker", "docker kill rag")]
    [InlineData("stop: \"container:rag\"", "docker", "docker stop rag")]
    [InlineData("kill: \"unit:rag.service\"", "systemctl", "systemctl kill --signal=SIGKILL rag.service")]
    public async Task What_is_ended_is_ended_again_when_it_comes_back_and_runs_when_the_fault_is_over(string fault, string manager, string again)
    {
        using var folder = new TemporaryFolder();
        using var llm = new LoadlineProcess("llm", "--port", "0");
        using var managed = new Managed(folder);
        var first = managed.Pid;
        using var run = await PlantedFault.RunAsync(llm, folder, fault, "8s", managed.Folder);
        await Eventually.Async(() => managed.State is null or 'Z', Patience, managed.Said);
        managed.Start(manager);
        var second = managed.Pid;
        await Eventually.Async(() => managed.State is null or 'Z', Clean, managed.Said);

        await EndAsync(run, killed: false);
        await Eventually.Async(() => managed.State == 'S', Clean, managed.Said);
        Assert.DoesNotContain(managed.Pid, new[] { first, second });
        Assert.Contains(again, managed.Said().Split('\n'));
    }

    [Fact]
    public async Task A_pod_is_deleted_once_and_its_controller_makes_another()
    {
        using var folder = new TemporaryFolder();
        using var llm = new LoadlineProcess("llm", "--port", "0");
        using var managed = new Managed(folder);
        var first = managed.Pid;
        using var run = await PlantedFault.RunAsync(llm, folder, "kill: \"pod:rag-0\"", "4s", managed.Folder);
        await EndAsync(run, killed: false);
        Assert.NotEqual(first, managed.Pid);
        Assert.Equal("kubectl get pod rag-0 -o name|kubectl delete pod --grace-period=0 --force --wait=false rag-0", managed.Said().Trim().Replace('\n', '|'));
    }

    [Fact]
    public async Task What_does_not_run_is_not_disturbed_and_the_run_is_invalid()
    {
        using var folder = new TemporaryFolder();
        using var llm = new LoadlineProcess("llm", "--port", "0");
        using var managed = new Managed(folder);
        managed.End();
        using var run = await PlantedFault.RunAsync(llm, folder, "kill: \"container:rag\"", "4s", managed.Folder);
        await run.SaysAsync("container:rag does not run", Patience);
        run.Signal("INT");
        Assert.Equal(105, await run.ExitAsync(Patience));
        Assert.DoesNotContain("docker kill", managed.Said(), StringComparison.Ordinal);
    }

    private static async Task EndAsync(LoadlineProcess run, bool killed)
    {
        if (killed)
            run.Signal("KILL");
        else
            await run.SaysAsync("Fault 'planted' has ended", Patience);
    }

    /// <summary>What docker, systemctl and kubectl run in this test: one process.</summary>
    private sealed class Managed : IDisposable
    {
        private const string Manager = """
            #!/bin/sh
            here=$(dirname "$0") name=$(basename "$0")
            echo "$name $*" >>"$here/said"
            state() { [ ! -f "$here/pid" ] || sed 's/.*) \(.\) .*/\1/' "/proc/$(cat "$here/pid")/stat" 2>/dev/null; }
            runs() { case "$(state)" in '' | Z) return 1 ;; esac }
            say() { if "$@"; then echo true; else echo false; fi; }
            send() { kill -s "$1" "$(cat "$here/pid")"; }
            start() { runs || { sh -c 'trap "" TERM; exec sleep 600' >/dev/null 2>&1 & echo $! >"$here/pid"; }; }
            case "$name $*" in
              "docker inspect"*Running*) say runs ;;
              "docker inspect"*Paused*) say test "$(state)" = T ;;
              "docker pause"*) runs && send STOP ;;
              "docker unpause"*) test "$(state)" = T && send CONT ;;
              "docker kill --signal=SIGTERM"*) runs && send TERM ;;
              "docker kill"*) runs && send KILL ;;
              "docker stop"*) ! runs || { send TERM; send KILL; } ;;
              "docker start"* | "systemctl start"*) start ;;
              "systemctl is-active"*) runs ;;
              "systemctl kill --signal=SIG"*) signal=${2#--signal=SIG}; runs && send "$signal" ;;
              "systemctl reset-failed"*) ;;
              "kubectl get"*) runs && echo "pod/$3" ;;
              "kubectl delete"*) send KILL; while runs; do sleep 0.1; done; start ;;
              *) echo "$name can't $*" >&2; exit 1 ;;
            esac
            """;

        private static readonly string[] Names = ["docker", "systemctl", "kubectl"];

        public Managed(TemporaryFolder folder)
        {
            Folder = folder["managers"];
            Directory.CreateDirectory(Folder);
            foreach (var name in Names)
            {
                var script = Path.Combine(Folder, name);
                File.WriteAllText(script, Manager);
                if (OperatingSystem.IsLinux())
                    File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            Start("docker");
            File.WriteAllText(Path.Combine(Folder, "said"), "");
        }

        public string Folder { get; }

        public int Pid => int.Parse(File.ReadAllText(Path.Combine(Folder, "pid")), CultureInfo.InvariantCulture);

        /// <summary>As in /proc: S sleeps, T is stopped, Z has ended; null is gone.</summary>
        public char? State
        {
            get
            {
                try
                {
                    var stat = File.ReadAllText($"/proc/{Pid}/stat");
                    return stat[stat.LastIndexOf(')') + 2];
                }
                catch (IOException)
                {
                    return null;
                }
            }
        }

        /// <summary>The commands that were given.</summary>
        public string Said() => File.ReadAllText(Path.Combine(Folder, "said"));

        public void Start(string manager)
        {
            using var starting = Process.Start(Path.Combine(Folder, manager), ["start", "rag"]);
            starting.WaitForExit();
        }

        public void End()
        {
            if (State is null)
                return;
            using var process = Process.GetProcessById(Pid);
            process.Kill();
            process.WaitForExit();
        }

        public void Dispose() => End();
    }
}
