namespace Rag.Filters;

/// <summary>How much a document's metadata may be; one rule for the public API and for the documents service.</summary>
internal static class MetadataRules
{
    /// <summary>Fields of one document.</summary>
    public const int MostFields = 64;

    /// <summary>Characters of a field's name; at least one.</summary>
    public const int LongestName = 128;

    /// <summary>Characters of a text.</summary>
    public const int LongestText = 4_096;
}
