using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;
using Rag.Errors;

namespace Rag.Engines.Postgres;

/// <summary>
/// The process's one pool of connections to PostgreSQL, shared by all engines on it. Its connections look for tables in the configured schema first, then in
/// <c>public</c>. Waits are bounded: a second for a connection (a new one or one of the pool), <see cref="PostgresOptions.Timeout"/> for a call as a whole.
/// </summary>
public sealed class PostgresSource : IDisposable, IAsyncDisposable
{
    /// <summary>How long the server may take to answer that it stopped a call; then the connection is dropped.</summary>
    private static readonly TimeSpan StopWait = TimeSpan.FromMilliseconds(500);

    /// <summary>How much longer than its time a call may take its caller.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(250);

    private readonly NpgsqlDataSource _data;

    /// <summary>Opens nothing yet.</summary>
    public PostgresSource(PostgresOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        var connection = new NpgsqlConnectionStringBuilder(options.Connection)
        {
            MaxPoolSize = options.Pool,
            MinPoolSize = 0,
            Timeout = 1,
            CommandTimeout = (int)Math.Ceiling(options.Timeout.TotalSeconds) + 1, // the call's own bound comes first
            CancellationTimeout = (int)StopWait.TotalMilliseconds,
            SearchPath = $"{options.Schema},public",
            ConnectionIdleLifetime = 60,
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2,
            IncludeErrorDetail = false,
        };
        connection.ApplicationName ??= "rag";
        _data = new NpgsqlDataSourceBuilder(connection.ConnectionString) { Name = PostgresMetrics.NextPool() }.Build();
    }

    /// <summary>What it was made from.</summary>
    public PostgresOptions Options { get; }

    /// <summary>Registers the process's one source, however many engines ask for it.</summary>
    /// <exception cref="InvalidOperationException">Values that are not permitted; the message names all of them.</exception>
    public static void Add(IServiceCollection services, EngineContext context)
    {
        var options = PostgresOptions.Read(context);
        services.TryAddSingleton(_ => new PostgresSource(options));
    }

    /// <summary>A connection of the pool, to be disposed soon. Prefer <see cref="RunAsync"/>, which bounds and translates the work as well.</summary>
    /// <exception cref="RagException">Unavailable when the server can't be reached, Overloaded when no connection became free, each within a second or so.</exception>
    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            return await _data.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (PostgresErrors.IsDrivers(error))
        {
            throw PostgresErrors.WhileOpening(error);
        }
        finally
        {
            PostgresMetrics.Waited(Stopwatch.GetElapsedTime(started));
        }
    }

    /// <summary>Does something on a connection within <see cref="PostgresOptions.Timeout"/>.</summary>
    /// <param name="work">What to do; the token ends with the caller's or when the time is over.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <param name="repeatable">Whether it may be done once more when its connection turned out to be dead, as after a restart of the server: for reads and for writes that change nothing the second time.</param>
    /// <param name="within">Another time than <see cref="PostgresOptions.Timeout"/>. Commands that may take longer than that also need a <c>CommandTimeout</c> of their own; 0 leaves the bound to the token.</param>
    /// <exception cref="RagException">Unavailable, Overloaded or DeadlineExceeded; never the driver's own.</exception>
    public async ValueTask<T> RunAsync<T>(
        Func<NpgsqlConnection, CancellationToken, ValueTask<T>> work, CancellationToken cancellationToken, bool repeatable = false, TimeSpan? within = null)
    {
        ArgumentNullException.ThrowIfNull(work);
        for (var again = repeatable; ; again = false)
            try
            {
                return await BoundAsync(
                    async stop =>
                    {
                        await using var connection = await OpenAsync(stop).ConfigureAwait(false);
                        return await work(connection, stop).ConfigureAwait(false);
                    },
                    cancellationToken, within).ConfigureAwait(false);
            }
            catch (RagException error) when (again && PostgresErrors.LostConnection(error.InnerException))
            {
                Forget();
            }
    }

    /// <summary>Bounds and translates some work that has a connection of its own.</summary>
    /// <param name="work">What to do; the token ends with the caller's or when the time is over.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <param name="within">Another time than <see cref="PostgresOptions.Timeout"/>.</param>
    /// <param name="late">What to do when the work ends after all, once the caller has gone.</param>
    /// <exception cref="RagException">Unavailable, Overloaded or DeadlineExceeded; never the driver's own.</exception>
    public async ValueTask<T> BoundAsync<T>(
        Func<CancellationToken, ValueTask<T>> work, CancellationToken cancellationToken, TimeSpan? within = null, Action<T>? late = null)
    {
        ArgumentNullException.ThrowIfNull(work);
        var most = within ?? Options.Timeout;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(most);
        var task = work(limit.Token);
        if (task.IsCompletedSuccessfully)
            return task.Result;
        var running = task.AsTask();
        try
        {
            // The driver tells the server to stop and waits for its word, which a frozen one does not give: that need not keep the caller.
            return await running.WaitAsync(most + Grace, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (!running.IsCompleted)
        {
            Abandon(running, late);
            if (cancellationToken.IsCancellationRequested)
                throw;
            throw PostgresErrors.TookTooLong(most);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (OperationCanceledException error) when (limit.IsCancellationRequested)
        {
            throw PostgresErrors.TookTooLong(most, error);
        }
        catch (Exception error) when (PostgresErrors.IsDrivers(error))
        {
            throw PostgresErrors.Translate(error);
        }
    }

    private static void Abandon<T>(Task<T> running, Action<T>? late) => _ = running.ContinueWith(
        ended =>
        {
            if (ended.IsCompletedSuccessfully)
                late?.Invoke(ended.Result);
            else
                _ = ended.Exception; // nobody waits for it any more
        }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    /// <summary>Closes the connections that nobody uses: one of them was found dead, and the others may be.</summary>
    public void Forget() => _data.Clear();

    /// <inheritdoc/>
    public void Dispose() => _data.Dispose();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _data.DisposeAsync();
}
