using System.Diagnostics;

namespace Loadline.Probes;

/// <summary>
/// CPU and memory of one process, from the operating system. CPU is user and kernel time, all threads; memory is the resident set.
/// Not thread-safe: one caller samples.
/// </summary>
public sealed class ProcessProbe : IDisposable
{
    private readonly Process _process;
    private readonly TimeProvider _time;
    private TimeSpan _cpuBefore;
    private long _before;

    /// <summary>Watches a process.</summary>
    /// <param name="name">What it is called in reports.</param>
    /// <param name="processId">Its id.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">There is no such process.</exception>
    public ProcessProbe(string name, int processId, TimeProvider time)
    {
        Name = name;
        _process = Process.GetProcessById(processId);
        _time = time;
        _cpuBefore = _process.TotalProcessorTime;
        _before = time.GetTimestamp();
    }

    /// <summary>What the process is called in reports.</summary>
    public string Name { get; }

    /// <summary>Cores used since the last call, and resident bytes now; null when the process has ended.</summary>
    public ProcessSample? Sample()
    {
        try
        {
            _process.Refresh();
            var cpu = _process.TotalProcessorTime;
            var now = _time.GetTimestamp();
            var elapsed = _time.GetElapsedTime(_before, now).TotalSeconds;
            var cores = elapsed > 0 ? (cpu - _cpuBefore).TotalSeconds / elapsed : 0;
            _cpuBefore = cpu;
            _before = now;
            return new ProcessSample(cores, _process.WorkingSet64);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _process.Dispose();
}

/// <summary>One look at a process.</summary>
/// <param name="CpuCores">Cores used since the look before.</param>
/// <param name="MemoryBytes">Resident bytes.</param>
public readonly record struct ProcessSample(double CpuCores, long MemoryBytes);
