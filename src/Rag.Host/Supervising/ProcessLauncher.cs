using System.ComponentModel;
using System.Diagnostics;

namespace Rag.Host.Supervising;

/// <summary>Starts processes of the program that runs this one.</summary>
/// <param name="environment">Variables that each gets beside those of this process.</param>
/// <param name="log">Where their lines go.</param>
/// <param name="program">The program's assembly where it runs under <c>dotnet</c>; null for <c>rag</c>.</param>
internal sealed class ProcessLauncher(IReadOnlyDictionary<string, string> environment, LogLines log, string? program = null) : IProcessLauncher
{
    private const string ServiceName = "OTEL_SERVICE_NAME";

    public IChildProcess Start(ProcessPlan plan, Listening listening, Action changed)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Started as `dotnet Rag.Host.dll` or as `rag`.
        if (Path.GetFileNameWithoutExtension(start.FileName).Equals("dotnet", StringComparison.OrdinalIgnoreCase))
            start.ArgumentList.Add(program ?? typeof(ProcessLauncher).Assembly.Location);
        foreach (var argument in plan.Arguments.Concat(listening.Arguments()))
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        // The name is one process's: with the same one in all of them nobody could tell them apart.
        if (start.Environment.TryGetValue(ServiceName, out var system) && system is { Length: > 0 })
            start.Environment[ServiceName] = $"{system}-{plan.Service}";

        try
        {
            return new ChildProcess(start, line => log.Write(plan.Name, line), changed);
        }
        catch (Win32Exception error)
        {
            throw new IOException(error.Message, error);
        }
    }

    private sealed class ChildProcess : IChildProcess
    {
        private const string ProblemPrefix = "rag: ";

        private readonly Process _process;
        private readonly Action<string> _log;
        private readonly Action _changed;
        private readonly Task _ended;
        private volatile string[] _announcements = [];
        private volatile string? _problem;

        public ChildProcess(ProcessStartInfo start, Action<string> log, Action changed)
        {
            (_log, _changed) = (log, changed);
            _process = new Process { StartInfo = start };
            _process.OutputDataReceived += (_, e) => TakeOutput(e.Data);
            _process.ErrorDataReceived += (_, e) => TakeError(e.Data);
            _process.Start();
            Id = _process.Id;
            _process.StandardInput.Close();
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
            // Ends after the last line was read, so that the problem is known when the exit code is.
            _ended = _process.WaitForExitAsync();
            _ended.ContinueWith(_ => changed(), TaskScheduler.Default);
        }

        public int Id { get; }

        public int? ExitCode => _ended.IsCompleted ? _process.ExitCode : null;

        public IReadOnlyList<string> Announcements => _announcements;

        public string? Problem => _problem;

        public long? MemoryBytes
        {
            get
            {
                try
                {
                    using var now = Process.GetProcessById(Id);
                    return now.WorkingSet64;
                }
                catch (Exception error) when (error is ArgumentException or InvalidOperationException)
                {
                    return null;
                }
            }
        }

        public void Terminate() => Signals.Terminate(_process);

        public void Kill()
        {
            try
            {
                _process.Kill();
            }
            catch (Exception error) when (error is InvalidOperationException or Win32Exception)
            {
                // It has ended.
            }
        }

        public void Dispose() => _process.Dispose();

        private void TakeOutput(string? line)
        {
            if (line is null)
                return;
            if (Listening.IsAnnouncement(line))
            {
                _announcements = [.. _announcements, line];
                _changed();
            }
            else
            {
                _log(line);
            }
        }

        private void TakeError(string? line)
        {
            if (line is null)
                return;
            if (line.StartsWith(ProblemPrefix, StringComparison.Ordinal))
                _problem = line[ProblemPrefix.Length..];
            _log(line);
        }
    }
}
