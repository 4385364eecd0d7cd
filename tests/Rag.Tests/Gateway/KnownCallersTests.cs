using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rag.Errors;
using Rag.Gateway;
using Rag.Identity;
using Xunit;

namespace Rag.Tests.Gateway;

public class KnownCallersTests
{
    private const string Key = "a-key-of-the-tests";

    private readonly FakeTimeProvider _time = new();
    private readonly Keys _keys = new();

    [Fact]
    public async Task A_fresh_answer_is_believed_for_five_seconds_and_then_asked_for_again()
    {
        var callers = New();
        await FindAsync(callers);
        _time.Advance(TimeSpan.FromSeconds(4.9));
        await FindAsync(callers);
        Assert.Equal(1, _keys.Asked);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(("ann", false), await FindAsync(callers));
        Assert.Equal(2, _keys.Asked);
    }

    [Theory]
    [InlineData(RagError.Unavailable)]
    [InlineData(RagError.DeadlineExceeded)]
    [InlineData(RagError.Overloaded)]
    public async Task Without_identity_a_key_works_for_an_hour_after_it_was_confirmed(RagError error)
    {
        var callers = New();
        await FindAsync(callers);
        _keys.Failure = new RagException(error, "identity: down");
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(("ann", true), await FindAsync(callers));
        _time.Advance(TimeSpan.FromMinutes(1)); // serving it without identity does not confirm it
        Assert.Equal(RagError.Unavailable, (await Assert.ThrowsAsync<RagException>(() => FindAsync(callers))).Error);
    }

    [Fact]
    public async Task An_unknown_key_is_refused_with_identity_and_cannot_be_judged_without()
    {
        var callers = New();
        Assert.Equal((null, false), await FindAsync(callers, "another-key-of-the-tests"));
        _keys.Failure = new RagException(RagError.Unavailable, "identity: down", TimeSpan.FromSeconds(7));
        var error = await Assert.ThrowsAsync<RagException>(() => FindAsync(callers, "another-key-of-the-tests"));
        Assert.Equal((RagError.Unavailable, TimeSpan.FromSeconds(7)), (error.Error, error.RetryAfter));
    }

    [Fact]
    public async Task A_key_that_was_revoked_is_forgotten()
    {
        var callers = New();
        await FindAsync(callers);
        _keys.Revoked = true;
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal((null, false), await FindAsync(callers));
        _keys.Failure = new RagException(RagError.Unavailable, "identity: down");
        await Assert.ThrowsAsync<RagException>(() => FindAsync(callers));
    }

    [Fact]
    public async Task What_is_remembered_is_bounded_and_the_latest_stay()
    {
        var callers = New();
        for (var i = 0; i < 25; i++)
        {
            await FindAsync(callers, $"{Key}-{i}");
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(callers.Count, 5, 10);
        _keys.Failure = new RagException(RagError.Unavailable, "identity: down");
        Assert.Equal("ann", (await FindAsync(callers, $"{Key}-24")).User);
        await Assert.ThrowsAsync<RagException>(() => FindAsync(callers, $"{Key}-0"));
    }

    private KnownCallers New() => new(_keys, new GatewayOptions { KnownKeys = 10 }, _time, NullLogger<KnownCallers>.Instance);

    private static async Task<(string? User, bool WithoutIdentity)> FindAsync(KnownCallers callers, string key = Key)
    {
        var (caller, without, _) = await callers.FindAsync(key, default);
        return (caller?.User, without);
    }

    private sealed class Keys : IIdentity
    {
        public int Asked { get; private set; }

        public bool Revoked { get; set; }

        public RagException? Failure { get; set; }

        public ValueTask<Caller?> AuthenticateAsync(string apiKey, CancellationToken cancellationToken)
        {
            Asked++;
            return Failure is not null ? throw Failure
                : ValueTask.FromResult(apiKey.StartsWith(Key, StringComparison.Ordinal) && !Revoked ? new Caller("ann", "t", 60) : null);
        }

        public ValueTask<IReadOnlyList<IssuedKey>> IssueKeysAsync(IReadOnlyList<KeyRequest> requests, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
