using Xunit;

namespace EndToEnd.Tests.Runs;

/// <summary><c>loadline check</c> as a person reads it.</summary>
public sealed class CheckTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Of_variants_the_first_is_explained_in_full_and_of_the_others_what_is_different()
    {
        using var check = new LoadlineProcess("check", "service-failure");
        Assert.True(await check.ExitAsync(Patience) == 0, check.Output);
        foreach (var variant in new[] { "generation", "vectors" })
        {
            var rest = check.Output[check.Output.IndexOf($"service-failure-{variant} differs in this:", StringComparison.Ordinal)..];
            Assert.Contains($"{variant} is killed", rest.Split("differs in this:")[1], StringComparison.Ordinal);
            Assert.DoesNotContain("800 users", rest, StringComparison.Ordinal);
        }
        Assert.Contains("embedding is killed", check.Output.Split("differs in this:")[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_that_is_not_there_is_answered_with_those_that_are()
    {
        using var check = new LoadlineProcess("check", "no-plan-of-this-name");
        Assert.Equal(104, await check.ExitAsync(Patience));
        Assert.Contains(". A plan of your own", check.Output.Replace(" One of your own", " A plan of your own", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
