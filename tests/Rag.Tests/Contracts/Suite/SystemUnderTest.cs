namespace Rag.Tests.Contracts;

/// <summary>A running system, in whatever shape, as its users see it.</summary>
/// <param name="Address">Its public API.</param>
/// <param name="AdminKey">Issues keys there.</param>
/// <param name="Llm">The LLM that it generates with.</param>
public sealed record SystemUnderTest(Uri Address, string AdminKey, ScriptedLlm Llm)
{
    /// <summary>Uses everything once: what is called for the first time is compiled first, and the caps of calls would count that.</summary>
    public async Task WarmAsync()
    {
        using var tenant = await Tenant.NewAsync(this);
        await tenant.AddAsync("first", "The first words.");
        for (var i = 0; i < 5; i++)
            await tenant.PostAsync("/query", $$"""{"query":"What comes first? {{i}}"}""");
    }
}
