using Microsoft.Extensions.Configuration;
using Rag.Hosting;

namespace Rag.Keywords;

/// <summary>What the configuration says of the built-in keyword index: the section <c>keywords</c>.</summary>
public static class KeywordsSettings
{
    private static readonly Setting<double> K1 = Setting.Number("keywords:k1", 1.2, 0, 10, "BM25's k1: how soon further occurrences of a word stop counting");
    private static readonly Setting<double> B = Setting.Number("keywords:b", 0.75, 0, 1, "BM25's b: how much long chunks are discounted");
    private static readonly Setting<int> SimilarTerms = Setting.Whole("keywords:similar_terms", 5, 0, 20, "How many words of the index that look like a word of the query (other endings, typing errors, compounds) are searched with it; 0 is off");
    private static readonly Setting<double> SimilarTermsAtLeast = Setting.Number("keywords:similar_terms_at_least", 0.6, 0.01, 1, "How alike a word must look: the Dice coefficient of letter trigrams");
    private static readonly Setting<double> SimilarTermsWeight = Setting.Number("keywords:similar_terms_weight", 0.5, 0, 1, "What a word that only looks alike counts, times its likeness");
    private static readonly Setting<long> LogFileBytes = Setting.Bytes("keywords:log_file_bytes", 64 << 20, 1024, 1L << 30, "A log file is closed at this size, and cleaned when more than half of it is dead");
    private static readonly Setting<long> SnapshotAfterBytes = Setting.Bytes("keywords:snapshot_after_bytes", 32 << 20, 1024, 1L << 40, "Logged bytes after which a snapshot for a fast restart is written (or half of the live ones, if that is more)");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [K1, B, SimilarTerms, SimilarTermsAtLeast, SimilarTermsWeight, LogFileBytes, SnapshotAfterBytes];

    /// <summary>Reads the section.</summary>
    /// <exception cref="InvalidOperationException">Values that are not permitted; the message names all of them.</exception>
    public static KeywordsOptions Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var options = new KeywordsOptions
        {
            K1 = reader.Read(K1),
            B = reader.Read(B),
            SimilarTerms = reader.Read(SimilarTerms),
            SimilarTermsAtLeast = reader.Read(SimilarTermsAtLeast),
            SimilarTermsWeight = reader.Read(SimilarTermsWeight),
            LogFileBytes = reader.Read(LogFileBytes),
            SnapshotAfterBytes = reader.Read(SnapshotAfterBytes),
        };
        reader.ThrowIfWrong();
        return options;
    }
}
