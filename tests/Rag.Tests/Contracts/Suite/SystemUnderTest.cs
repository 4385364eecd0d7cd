namespace Rag.Tests.Contracts;

/// <summary>A running system, in whatever shape, as its users see it.</summary>
/// <param name="Address">Its public API.</param>
/// <param name="AdminKey">Issues keys there.</param>
/// <param name="Llm">The LLM that it generates with.</param>
public sealed record SystemUnderTest(Uri Address, string AdminKey, ScriptedLlm Llm);
