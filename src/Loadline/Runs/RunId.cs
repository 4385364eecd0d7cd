using System.Globalization;

namespace Loadline.Runs;

/// <summary>Names for runs: plan, UTC time and a short random part, so that two runs started together differ.</summary>
public static class RunId
{
    /// <summary>Makes one, such as <c>smoke-20260131-142530-k3f9</c>.</summary>
    public static string New(string plan, TimeProvider time)
    {
        var suffix = Guid.NewGuid().ToString("N")[..4];
        return string.Create(CultureInfo.InvariantCulture, $"{plan}-{time.GetUtcNow():yyyyMMdd-HHmmss}-{suffix}");
    }
}
