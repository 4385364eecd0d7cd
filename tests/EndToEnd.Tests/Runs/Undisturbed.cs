using Xunit;

namespace EndToEnd.Tests.Runs;

/// <summary>Tests of runs whose figures count: one at a time, and nothing beside them, because a load generator without processor time rightly says INVALID.</summary>
[CollectionDefinition(nameof(Undisturbed), DisableParallelization = true)]
public sealed class Undisturbed;
