using Microsoft.Extensions.Configuration;
using Rag.Caching;
using Xunit;

namespace Rag.Tests.Caching;

public class CachingOptionsTests
{
    [Fact]
    public void Every_key_is_read_and_absent_ones_have_their_defaults()
    {
        var options = Read(new()
        {
            ["caching:entries"] = "1",
            ["caching:bytes"] = "2",
            ["caching:leases"] = "3",
            ["caching:waiters"] = "4",
            ["caching:lease_seconds"] = "5",
            ["caching:refresh_share"] = "0.25",
            ["caching:tenants"] = "6",
            ["caching:users"] = "2000",
        });
        Assert.Equal(
            new CachingOptions { Entries = 1, Bytes = 2, Leases = 3, Waiters = 4, Lease = TimeSpan.FromSeconds(5), RefreshShare = 0.25, Tenants = 6, Users = 2000 }, options);
        Assert.Equal(new CachingOptions(), Read([]));
    }

    [Fact]
    public void All_mistakes_are_told_together()
    {
        var error = Assert.Throws<InvalidOperationException>(() => Read(new() { ["caching:entries"] = "0", ["caching:refresh_share"] = "0.9", ["caching:users"] = "many" }));
        Assert.Equal(
            [
                "caching:entries: '0' is not permitted; expected a whole number from 1 to 100000000",
                "caching:refresh_share: '0.9' is not permitted; expected a number from 0 to 0.5",
                "caching:users: 'many' is not permitted; expected a whole number from 1024 to 100000000",
            ],
            error.Message.Split(Environment.NewLine));
    }

    private static CachingOptions Read(Dictionary<string, string?> settings) => CachingSettings.Read(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
}
