namespace Rag.Seams;

/// <summary>What rehearsals ask about: things that nobody has.</summary>
internal static class Rehearsal
{
    /// <summary>A tenant that no user has: <c>~</c> is not allowed in names.</summary>
    public const string Tenant = "~rehearsal";

    /// <summary>A text of usual words.</summary>
    public const string Text = "What causes the tides of the sea, and when does the moon rise?";
}
