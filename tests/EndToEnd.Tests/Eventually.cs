using System.Diagnostics;
using Xunit;

namespace EndToEnd.Tests;

/// <summary>Waits, with a bound, for what another process does.</summary>
internal static class Eventually
{
    public static async Task Async(Func<bool> holds, TimeSpan patience, Func<string> otherwise)
    {
        var watch = Stopwatch.StartNew();
        while (!holds())
        {
            if (watch.Elapsed > patience)
                Assert.Fail(otherwise());
            await Task.Delay(50);
        }
    }
}
