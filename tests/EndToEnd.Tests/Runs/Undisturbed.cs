using Xunit;

namespace EndToEnd.Tests.Runs;

/// <summary>
/// Tests of runs whose figures count: one at a time, and nothing beside them, because a load generator without processor time rightly says INVALID. <c>eng/test.sh</c> runs them last, when the other
/// test projects have ended. What a run does whatever its figures are is no matter of theirs: such tests run beside others.
/// </summary>
[CollectionDefinition(nameof(Undisturbed), DisableParallelization = true)]
[Trait("Machine", nameof(Undisturbed))]
public sealed class Undisturbed;
