namespace Rag.Keywords;

/// <summary>Configuration section <c>keywords</c>.</summary>
public sealed class KeywordsOptions
{
    /// <summary>BM25's k1: how soon further occurrences of a word stop counting. 0–10.</summary>
    public double K1 { get; set; } = 1.2;

    /// <summary>BM25's b: how much long chunks are discounted. 0–1.</summary>
    public double B { get; set; } = 0.75;

    /// <summary>How many words of the index that look like a word of the query (other endings, typing errors, compounds) are searched with it; 0 turns it off. 0–20.</summary>
    public int SimilarTerms { get; set; } = 5;

    /// <summary>How alike a word must look: the Dice coefficient of letter trigrams, above 0 and at most 1.</summary>
    public double SimilarTermsAtLeast { get; set; } = 0.6;

    /// <summary>What a word that only looks alike counts, times its likeness. 0–1.</summary>
    public double SimilarTermsWeight { get; set; } = 0.5;

    /// <summary>A log file is closed at this size, and cleaned when more than half of it is dead. 1 KiB–1 GiB.</summary>
    public long LogFileBytes { get; set; } = 64 << 20;

    /// <summary>A snapshot for a fast restart is written after this many logged bytes (or half of the live ones, when that is more). At least 1 KiB.</summary>
    public long SnapshotAfterBytes { get; set; } = 32 << 20;

    /// <summary>All mistakes in these options; empty when there are none.</summary>
    public IEnumerable<string> Problems()
    {
        if (K1 is not (>= 0 and <= 10))
            yield return $"keywords:k1: {K1} given; allowed are 0 to 10 (default 1.2)";
        if (B is not (>= 0 and <= 1))
            yield return $"keywords:b: {B} given; allowed are 0 to 1 (default 0.75)";
        if (SimilarTerms is < 0 or > 20)
            yield return $"keywords:similar_terms: {SimilarTerms} given; allowed are 0 (off) to 20 (default 5)";
        if (SimilarTermsAtLeast is not (> 0 and <= 1))
            yield return $"keywords:similar_terms_at_least: {SimilarTermsAtLeast} given; allowed is above 0 up to 1 (default 0.6)";
        if (SimilarTermsWeight is not (>= 0 and <= 1))
            yield return $"keywords:similar_terms_weight: {SimilarTermsWeight} given; allowed are 0 to 1 (default 0.5)";
        if (LogFileBytes is < 1024 or > 1L << 30)
            yield return $"keywords:log_file_bytes: {LogFileBytes} given; allowed are 1024 to {1L << 30} (default {64 << 20})";
        if (SnapshotAfterBytes < 1024)
            yield return $"keywords:snapshot_after_bytes: {SnapshotAfterBytes} given; at least 1024 (default {32 << 20})";
    }
}
