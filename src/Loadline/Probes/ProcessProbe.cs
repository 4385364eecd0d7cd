using System.ComponentModel;
using System.Diagnostics;

namespace Loadline.Probes;

/// <summary>
/// CPU and memory of one process, from the operating system. CPU is user and kernel time, all threads; memory is the resident set.
/// Not thread-safe: one caller samples.
/// </summary>
public sealed class ProcessProbe : IDisposable
{
    private const double ShortestSeconds = 0.05;

    private readonly Process _process;
    private readonly TimeProvider _time;
    private TimeSpan _cpuBefore;
    private long _before;

    private ProcessProbe(Process process, TimeProvider time)
    {
        _process = process;
        _time = time;
        ProcessId = process.Id;
        _cpuBefore = process.TotalProcessorTime;
        _before = time.GetTimestamp();
    }

    /// <summary>The process's id.</summary>
    public int ProcessId { get; }

    /// <summary>Watches a process; null when there is none.</summary>
    /// <param name="process">Which.</param>
    /// <param name="time">The clock.</param>
    public static ProcessProbe? TryOpen(WatchedProcess process, TimeProvider time)
    {
        try
        {
            return new ProcessProbe(Process.GetProcessById(process.Id), time);
        }
        catch (Exception problem) when (problem is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Cores used since the last call, and resident bytes now; null when the process has ended.</summary>
    public ProcessSample? Sample()
    {
        try
        {
            _process.Refresh();
            var cpu = _process.TotalProcessorTime;
            var now = _time.GetTimestamp();
            var elapsed = _time.GetElapsedTime(_before, now).TotalSeconds;
            // The system counts in steps of 10 ms: over a shorter time they would be many cores.
            if (elapsed < ShortestSeconds)
                return new ProcessSample(0, _process.WorkingSet64);
            var cores = (cpu - _cpuBefore).TotalSeconds / elapsed;
            _cpuBefore = cpu;
            _before = now;
            return new ProcessSample(cores, _process.WorkingSet64);
        }
        catch (Exception problem) when (problem is InvalidOperationException or Win32Exception)
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
