using EndToEnd.Tests.Services;
using Rag.Tests.Contracts;
using Xunit;

namespace EndToEnd.Tests.Contracts;

/// <summary><c>rag up</c> with the scripted LLM behind it.</summary>
public sealed class UpShape : IAsyncLifetime
{
    private const string AdminKey = "admin-key-of-the-tests";

    private readonly TemporaryFolder _folder = new();
    private RagUp? _up;
    private SystemUnderTest? _system;

    public SystemUnderTest System => _system ?? throw new InvalidOperationException("it has not started");

    public async ValueTask InitializeAsync()
    {
        var llm = await ScriptedLlm.StartAsync();
        _up = await RagUp.StartAsync(_folder["data"], "--admin-key", AdminKey, "--llm", llm.Url.ToString(), "--llm-model", "scripted");
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
