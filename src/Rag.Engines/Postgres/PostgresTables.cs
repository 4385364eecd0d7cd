using Rag.Errors;

namespace Rag.Engines.Postgres;

/// <summary>An engine's tables, made or brought up to date before they are first used. While the server is down each use tries again, all at a time together.</summary>
/// <param name="source">Where.</param>
/// <param name="migrations">The tables.</param>
public sealed class PostgresTables(PostgresSource source, PostgresMigrations migrations)
{
    private readonly Lock _gate = new();
    private volatile bool _ready;
    private Task? _making;

    /// <summary>Returns at once but for the first time.</summary>
    /// <exception cref="RagException">Unavailable, with the reason: the server is down, or its tables are newer than this program.</exception>
    public ValueTask EnsureAsync(CancellationToken cancellationToken) => _ready ? ValueTask.CompletedTask : new(Making().WaitAsync(cancellationToken));

    /// <summary><see cref="EnsureAsync"/> for a thread that may be blocked.</summary>
    public void Ensure()
    {
        if (!_ready)
            Making().GetAwaiter().GetResult();
    }

    private Task Making()
    {
        lock (_gate)
            return _making is null || _making.IsFaulted ? _making = Task.Run(MakeAsync) : _making;
    }

    private async Task MakeAsync()
    {
        try
        {
            await migrations.ApplyAsync(source, CancellationToken.None).ConfigureAwait(false);
            _ready = true;
        }
        catch (InvalidOperationException error)
        {
            throw new RagException(RagError.Unavailable, error.Message, TimeSpan.FromSeconds(5), error);
        }
    }
}
