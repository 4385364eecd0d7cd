using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Npgsql;
using Rag.Errors;

namespace Rag.Engines.Postgres.Documents;

/// <summary>
/// A connection that listens for commits that bring work, and reads the outbox's figures once a second. Lost, it is made again, for as long as it takes.
/// </summary>
internal sealed partial class BoardWatch : IDisposable
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly PostgresSource _source;
    private readonly PostgresTables _tables;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Action _signal;
    private readonly Func<NpgsqlConnection, CancellationToken, ValueTask> _everySecond;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private readonly ConcurrentQueue<long> _added = new();
    private int _workers;
    private int _disposed;
    private bool _failing;

    public BoardWatch(
        PostgresSource source, PostgresTables tables, TimeProvider time, ILogger log, Action signal, Func<NpgsqlConnection, CancellationToken, ValueTask> everySecond)
    {
        (_source, _tables, _time, _log, _signal, _everySecond) = (source, tables, time, log, signal, everySecond);
        _running = Task.Run(RunAsync);
    }

    /// <summary>The figures as they were at most a second ago, while the server answers.</summary>
    public BoardSummary Summary { get; private set; } = BoardSummary.Empty;

    /// <summary>Whether commits are heard of.</summary>
    public bool Listens { get; private set; }

    /// <summary>Jobs not yet finished; what this process has added since counts.</summary>
    public int Depth => (int)Math.Min(int.MaxValue, Summary.Depth + _added.Count);

    /// <summary>This process has added a job.</summary>
    public void Added(long job)
    {
        if (job > Summary.LastJob)
            _added.Enqueue(job);
    }

    /// <summary>A worker came for work or reported; told to the other processes once a second.</summary>
    public void WorkerCame() => Volatile.Write(ref _workers, 1);

    /// <summary>Ends it; more than once does nothing more: the board is the service's and, where a broker is told of work, the container's as well.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
            return;
        _stop.Cancel();
        try
        {
            _running.Wait(TimeSpan.FromSeconds(5));
        }
        catch (AggregateException)
        {
            // It ends as it was told to.
        }

        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var stop = _stop.Token;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await _tables.EnsureAsync(stop).ConfigureAwait(false);
                await ListenAsync(stop).ConfigureAwait(false);
            }
            catch (Exception) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is RagException || PostgresErrors.IsDrivers(error) || error is OperationCanceledException)
            {
                if (!_failing)
                    LogLost(error.Message);
                _failing = true;
            }
            finally
            {
                Listens = false;
            }

            await Task.Delay(Pause, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async ValueTask ListenAsync(CancellationToken stop)
    {
        await using var connection = await _source.OpenAsync(stop).ConfigureAwait(false);
        connection.Notification += (_, _) => _signal();
        await _source.BoundAsync(
            async limit =>
            {
                await using var listen = new NpgsqlCommand($"LISTEN {DocumentTables.Channel(_source)}", connection);
                return await listen.ExecuteNonQueryAsync(limit).ConfigureAwait(false);
            }, stop).ConfigureAwait(false);
        Listens = true;
        if (_failing)
            LogBack();
        _failing = false;
        _signal(); // what was committed while nobody listened
        while (true)
        {
            var looked = _time.GetTimestamp();
            await _source.BoundAsync(limit => LookAsync(connection, limit), stop).ConfigureAwait(false);
            // Whole milliseconds: less than one would be taken for no limit at all.
            while (Between - _time.GetElapsedTime(looked) is { TotalMilliseconds: >= 1 } left)
                await connection.WaitAsync(left, stop).ConfigureAwait(false);
        }
    }

    private async ValueTask<bool> LookAsync(NpgsqlConnection connection, CancellationToken stop)
    {
        if (Interlocked.Exchange(ref _workers, 0) == 1)
        {
            await using var came = new NpgsqlCommand("UPDATE workers SET seen=clock_timestamp()", connection);
            await came.ExecuteNonQueryAsync(stop).ConfigureAwait(false);
        }

        await _everySecond(connection, stop).ConfigureAwait(false);
        Summary = await BoardSummary.ReadAsync(connection, stop).ConfigureAwait(false);
        while (_added.TryPeek(out var job) && job <= Summary.LastJob)
            _added.TryDequeue(out _);
        return true;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Documents no longer hears of work from PostgreSQL ({Reason}); trying until it does")]
    private partial void LogLost(string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Documents hears of work from PostgreSQL again")]
    private partial void LogBack();
}
