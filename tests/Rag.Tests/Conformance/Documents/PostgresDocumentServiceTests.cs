using System.Globalization;
using Rag.Documents;
using Rag.Tests.Engines;

namespace Rag.Tests.Conformance.Documents;

public sealed class PostgresDocumentServiceTests(EngineServers servers) : DocumentServiceConformance
{
    private PostgresSchema? _schema;

    public override async ValueTask InitializeAsync() => _schema = await PostgresSchema.MakeAsync(servers);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_schema is not null)
            await _schema.DisposeAsync();
    }

    internal override DocumentsUnderTest Open(DocumentsOptions options) => new(DocumentsUnderTest.On(_schema!.Source), options, TimeProvider.System);

    /// <summary>Time passes on the server by moving what it has noted into the past.</summary>
    protected override async Task PassAsync(TimeSpan time)
    {
        var seconds = time.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        await _schema!.AskAsync($"UPDATE outbox SET due=due-interval '{seconds} s'; UPDATE holds SET ends=ends-interval '{seconds} s'; NOTIFY {_schema.Options.Schema}_jobs");
    }
}
