using Rag.Documents;
using Rag.Errors;
using Xunit;

namespace Rag.Tests.Documents;

public sealed class AdmissionTests : IDisposable
{
    private readonly DocumentsFixture _documents = new(new DocumentsOptions { MaxLagSeconds = 100 });

    [Fact]
    public async Task Uploads_are_refused_while_the_oldest_waits_too_long_and_taken_again_below_four_fifths_of_it()
    {
        await _documents.PutAsync("old");
        Pass(50);
        await _documents.PutAsync("younger"); // 50 s behind
        Pass(50);
        await _documents.PutAsync("at-the-limit");
        Pass(1.1);
        var refused = await Assert.ThrowsAsync<RagException>(async () => await _documents.PutAsync("refused"));
        Assert.Equal((RagError.Throttled, TimeSpan.FromSeconds(10)), (refused.Error, refused.RetryAfter));
        Assert.Contains("limit is 100 s (documents:max_lag_seconds)", refused.Message);
        await _documents.Service.DeleteAsync("t", "younger", null, default); // only uploads are refused

        await _documents.IngestAsync(1); // the oldest; the deletion waits for 0 s in the place of the next, the last for 1 s
        Pass(1.1);
        await _documents.PutAsync("again");
    }

    [Fact]
    public async Task Between_the_two_it_stays_as_it_was()
    {
        await _documents.PutAsync("first");
        Pass(15);
        await _documents.PutAsync("second");
        Pass(86);
        await Assert.ThrowsAsync<RagException>(async () => await _documents.PutAsync("refused")); // 101 s
        await _documents.IngestAsync(1);
        Pass(1.1);
        await Assert.ThrowsAsync<RagException>(async () => await _documents.PutAsync("refused")); // 87 s
        await _documents.IngestAsync(1);
        Pass(1.1);
        await _documents.PutAsync("taken");
        Pass(87);
        await _documents.PutAsync("taken-too");
    }

    [Fact]
    public async Task An_upload_says_when_nobody_has_come_for_work_for_over_five_seconds()
    {
        Assert.Null((await _documents.PutAsync("a")).Degraded);
        Pass(5);
        Assert.Null((await _documents.PutAsync("b")).Degraded);
        Pass(0.1);
        Assert.Equal(["ingestion_unavailable"], (await _documents.PutAsync("c")).Degraded);
        await _documents.ClaimAsync(1); // somebody is there, slow as they may be
        Assert.Null((await _documents.PutAsync("d")).Degraded);
        Pass(6);
        Assert.NotNull((await _documents.PutAsync("e")).Degraded);
        await _documents.IngestAsync();
        Pass(60);
        Assert.Null((await _documents.PutAsync("f")).Degraded); // nothing waited
    }

    public void Dispose() => _documents.Dispose();

    private void Pass(double seconds) => _documents.Time.Advance(TimeSpan.FromSeconds(seconds));
}
