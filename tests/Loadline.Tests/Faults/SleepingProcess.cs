using System.Diagnostics;
using Loadline.Probes;

namespace Loadline.Tests.Faults;

/// <summary>A real process that does nothing, to be frozen and killed.</summary>
internal sealed class SleepingProcess : IDisposable
{
    private readonly Process _process = Process.Start("sleep", "600");

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Whether the kernel has it stopped: <c>T</c> behind the name in <c>/proc/ID/stat</c>.</summary>
    public bool IsFrozen => File.ReadAllText($"/proc/{Id}/stat") is var stat && stat[(stat.LastIndexOf(')') + 2)..].StartsWith('T');

    public WatchedProcess Named(string name) => new(name, Id);

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
