using Loadline.Plans;

namespace Loadline.Testing;

/// <summary>Where a test begins: <c>Plan.Load</c>.</summary>
public static class PlanLoading
{
    extension(Plan)
    {
        /// <summary>A plan to be run. It is read when it runs, with what the run changes in it.</summary>
        /// <param name="nameOrPath">The name of a shipped plan, such as <c>smoke</c>, or the path of a plan file, such as <c>plans/steady.yaml</c>.</param>
        public static LoadTest Load(string nameOrPath)
        {
            ArgumentException.ThrowIfNullOrEmpty(nameOrPath);
            return new LoadTest(nameOrPath);
        }
    }
}
