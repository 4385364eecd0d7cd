using Npgsql;
using Rag.Documents;
using Rag.Errors;
using Rag.Ingestion;
using Rag.Tests.Engines;
using Xunit;

namespace Rag.Tests.Conformance.Documents;

/// <summary>Claims by name beside others who hold the rows locked: "locked right now" is not "nothing to do".</summary>
public sealed class PostgresClaimByNameTests(EngineServers servers) : IAsyncLifetime
{
    private PostgresSchema _schema = null!;
    private DocumentsUnderTest _documents = null!;

    public async ValueTask InitializeAsync()
    {
        _schema = await PostgresSchema.MakeAsync(servers);
        _documents = new(DocumentsUnderTest.On(_schema.Source), new DocumentsOptions(), TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        _documents.Dispose();
        await _schema.DisposeAsync();
    }

    [Fact]
    public async Task Work_that_another_has_locked_is_told_from_no_work_and_claimed_once_it_is_free()
    {
        await _documents.PutAsync("a");
        await using (var other = await _schema.Source.OpenAsync(default))
        {
            await using var transaction = await other.BeginTransactionAsync();
            await using (var hold = new NpgsqlCommand("SELECT job FROM outbox FOR UPDATE", other))
                await hold.ExecuteScalarAsync();
            var busy = await Assert.ThrowsAsync<RagException>(() => ClaimAsync("a"));
            Assert.Equal(RagError.Overloaded, busy.Error);
            Assert.NotNull(busy.RetryAfter);
            Assert.Empty(await ClaimAsync("never there")); // what is not locked is not kept waiting
            await transaction.RollbackAsync();
        }

        Assert.Equal("a", Assert.Single(await ClaimAsync("a")).DocumentId);
        Assert.Empty(await ClaimAsync("a")); // in a worker's hands: nothing to do
    }

    [Fact]
    public async Task What_can_be_had_is_handed_out_at_once_whatever_else_is_locked()
    {
        await _documents.PutAsync("a");
        await _documents.PutAsync("b");
        await using var other = await _schema.Source.OpenAsync(default);
        await using var transaction = await other.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("SELECT o.job FROM outbox o JOIN documents d ON d.key=o.document WHERE d.id='a' FOR UPDATE OF o", other))
            await hold.ExecuteScalarAsync();

        Assert.Equal("b", Assert.Single(await ClaimAsync("a", "b")).DocumentId);
        await transaction.RollbackAsync();
        Assert.Equal("a", Assert.Single(await ClaimAsync("a", "b")).DocumentId);
    }

    [Fact]
    public async Task A_board_is_ended_by_all_who_own_it()
    {
        var board = _documents.Store is ISharedDocumentStore store ? store.OpenBoard(new DocumentsOptions(), TimeProvider.System) : throw new InvalidOperationException();
        Assert.Empty(await board.TakeAsync(1, 1_000, new JobHolder("worker", "1"), default));
        board.Dispose(); // by the documents service
        board.Dispose(); // by the container, which hands it to the relay
    }

    private async Task<IReadOnlyList<IngestionJob>> ClaimAsync(params string[] names) => await _documents.Queue.ClaimAsync(
        new IngestionClaim("worker", "1", names.Length, TimeSpan.Zero) { Only = [.. names.Select(name => new DocumentName("t", name))] }, default);
}
