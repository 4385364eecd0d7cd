using Rag.Errors;

namespace Rag.Engines.Postgres;

/// <summary>An engine's tables, made or brought up to date before they are first used. While the server is down each use tries again.</summary>
/// <param name="source">Where.</param>
/// <param name="migrations">The tables.</param>
public sealed class PostgresTables(PostgresSource source, PostgresMigrations migrations)
{
    private readonly SemaphoreSlim _gate = new(1);
    private volatile bool _ready;

    /// <summary>Returns at once but for the first time.</summary>
    /// <exception cref="RagException">Unavailable, with the reason: the server is down, or its tables are newer than this program.</exception>
    public ValueTask EnsureAsync(CancellationToken cancellationToken) => _ready ? ValueTask.CompletedTask : MakeAsync(cancellationToken);

    /// <summary><see cref="EnsureAsync"/> for a thread that may be blocked.</summary>
    public void Ensure()
    {
        if (!_ready)
            MakeAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
    }

    private async ValueTask MakeAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_ready)
                await migrations.ApplyAsync(source, cancellationToken).ConfigureAwait(false);
            _ready = true;
        }
        catch (InvalidOperationException error)
        {
            throw new RagException(RagError.Unavailable, error.Message, TimeSpan.FromSeconds(5), error);
        }
        finally
        {
            _gate.Release();
        }
    }
}
