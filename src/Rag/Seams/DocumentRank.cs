namespace Rag.Seams;

/// <summary>
/// One number that orders all that can happen to a document: versions in their order, and a version's deletion after its content. What has the higher rank
/// wins, in whatever order it arrives; so a fence is the greatest rank seen.
/// </summary>
public static class DocumentRank
{
    /// <summary>The rank of a version's content.</summary>
    public static long OfContent(int version) => 2L * version;

    /// <summary>The rank of a deletion at a version.</summary>
    public static long OfDeletion(int version) => (2L * version) + 1;

    /// <summary>The version that a rank speaks of.</summary>
    public static int VersionOf(long rank) => (int)(rank / 2);

    /// <summary>Whether a rank is a deletion's.</summary>
    public static bool IsDeletion(long rank) => rank % 2 != 0;
}
