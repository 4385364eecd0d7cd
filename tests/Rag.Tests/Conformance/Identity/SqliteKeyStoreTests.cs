using Microsoft.Data.Sqlite;
using Rag.Engines.Sqlite.Identity;
using Rag.Identity;

namespace Rag.Tests.Conformance.Identity;

public sealed class SqliteKeyStoreTests : KeyStoreConformance
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rag-identity-").FullName;

    protected override Task<IKeyStore> OpenAsync() => Task.FromResult<IKeyStore>(new SqliteKeyStore(Path.Combine(_folder, "keys.db"), TimeProvider.System));

    public override ValueTask DisposeAsync()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}
