using EndToEnd.Tests.Services;
using Rag.Tests.Contracts;
using Xunit;

namespace EndToEnd.Tests.Contracts;

/// <summary><c>rag up</c> with the scripted LLM behind it.</summary>
public class UpShape : IAsyncLifetime
{
    private const string AdminKey = "admin-key-of-the-tests";

    private readonly TemporaryFolder _folder = new();
    private RagUp? _up;
    private SystemUnderTest? _system;

    protected virtual string[] More => [];

    public SystemUnderTest System => _system ?? throw new InvalidOperationException("it has not started");

    public async ValueTask InitializeAsync()
    {
        var llm = await ScriptedLlm.StartAsync();
        _up = await RagUp.StartAsync(_folder["data"], ["--admin-key", AdminKey, "--llm", llm.Url.ToString(), "--llm-model", "scripted", .. More]);
        _system = new SystemUnderTest(_up.Address, AdminKey, llm);
        await _system.WarmAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_up is not null)
            await _up.DisposeAsync();
        if (_system is not null)
            await _system.Llm.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>Every service in a process of its own: the same suite as in one process, which Rag.Tests runs.</summary>
public sealed class UpContractTests(UpShape shape) : ContractSuite(shape.System), IClassFixture<UpShape>;

/// <summary><c>rag up --together</c>: what answers in one process, what is kept in the other.</summary>
public sealed class TogetherShape : UpShape
{
    protected override string[] More =>
        ["--together", "gateway,identity,query,search,reranking,generation", "--together", "documents,caching,ingestion,embedding,vectors,keywords"];
}

/// <summary>The twelve services in two processes.</summary>
public sealed class TogetherContractTests(TogetherShape shape) : ContractSuite(shape.System), IClassFixture<TogetherShape>;
