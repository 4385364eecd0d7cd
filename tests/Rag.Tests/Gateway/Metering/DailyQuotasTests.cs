using Microsoft.Extensions.Time.Testing;
using Rag.Errors;
using Rag.Gateway.Metering;
using Rag.Identity;
using Rag.Identity.Usage;
using Xunit;

namespace Rag.Tests.Gateway.Metering;

public sealed class DailyQuotasTests
{
    private static readonly Caller Ann = new("ann", "t", 100, RequestsPerDay: 10, TokensPerDay: 1000);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 18, 0, 0, TimeSpan.Zero));
    private readonly DailyQuotas _quotas;

    public DailyQuotasTests() => _quotas = new DailyQuotas(_time);

    [Fact]
    public void A_used_up_day_refuses_until_midnight_in_UTC_and_then_begins_anew()
    {
        Use(requests: 9);
        _quotas.Check(Ann);
        Use(requests: 1);
        var error = Assert.Throws<RagException>(() => _quotas.Check(Ann));
        Assert.Equal((RagError.Throttled, TimeSpan.FromHours(6)), (error.Error, error.RetryAfter));
        Assert.Contains("has used its 10 requests of this day", error.Message, StringComparison.Ordinal);
        _quotas.Check(Ann with { RequestsPerDay = 0, TokensPerDay = 0 });
        _quotas.Check(Ann with { User = "bob" });
        _time.Advance(TimeSpan.FromHours(6));
        _quotas.Check(Ann);
    }

    [Fact]
    public void Tokens_count_as_prompts_answers_and_embedded_texts_together()
    {
        _quotas.Add("ann", _quotas.Today, new UsageAmounts(1, 500, 300, 0, 199, 0, 0));
        _quotas.Check(Ann);
        _quotas.Add("ann", _quotas.Today, new UsageAmounts(0, 0, 0, 0, 1, 0, 0));
        Assert.Contains("1000 tokens", Assert.Throws<RagException>(() => _quotas.Check(Ann)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_store_says_takes_the_place_of_what_was_sent_and_what_came_meanwhile_counts_on_top()
    {
        Use(requests: 2);
        _quotas.Sending(["ann"]);
        Use(requests: 1);
        Assert.Equal(3, _quotas.CountOf("ann").Requests); // nothing is forgotten on the way
        _quotas.Arrived(_quotas.Today, ["ann"], [new DayTotal("ann", 7, 0)]); // 5 by other gateways
        Assert.Equal(8, _quotas.CountOf("ann").Requests);
        _quotas.Arrived(_quotas.Today - 1, ["ann"], [new DayTotal("ann", 1000, 0)]); // of yesterday
        Assert.Equal(8, _quotas.CountOf("ann").Requests);
    }

    private void Use(long requests) => _quotas.Add("ann", _quotas.Today, new UsageAmounts(requests, 0, 0, 0, 0, 0, 0));
}
