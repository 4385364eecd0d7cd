using System.Runtime.InteropServices;
using Rag.Words;

namespace Rag.Embedding;

/// <summary>What a feature stands for; sets its weight.</summary>
internal enum FeatureKind : byte
{
    /// <summary>A stemmed word.</summary>
    Word,

    /// <summary>Three to five letters in a row inside one word, its ends included.</summary>
    Gram,
}

/// <summary>
/// The built-in model: words and their letter n-grams, counted, damped and projected at random into few dimensions. Nothing is learned and
/// nothing downloaded, so the same text gives the same bits on every machine, today and in ten years.
/// <code>
/// text ─▶ words ─▶ stem, and n-grams of ^word$ ─▶ count ─▶ weight = kind · (1 + ln count) ─▶ 8 signed places per feature ─▶ L2 norm
/// </code>
/// The projection is the sparse one of Kane and Nelson ("Sparser Johnson–Lindenstrauss transforms", JACM 2014): a feature adds ± its weight at 8 places
/// that its own hash chooses, so the dot product of two texts is, in expectation, that of their full feature vectors, with a standard deviation of
/// 1/√dimensions. Sums are whole numbers: no rounding, and so no dependence on order or instruction set.
/// Tests: <c>HashedEmbedderTests</c>.
/// </summary>
internal sealed class HashedEmbedder
{
    private const int PlacesPerFeature = 8;
    private const int WordWeight = 1000;
    private const int GramWeight = 300; // chosen on SciFact: 0.2–0.4 of a word are alike there, 0 and 1 are worse

    private static readonly int[] Damping = MakeDamping();

    [ThreadStatic] private static Scratch? t_scratch;

    public HashedEmbedder(int dimensions)
    {
        Model = new EmbeddingModel(EmbeddingModel.BuiltInId, "1", dimensions);
    }

    public EmbeddingModel Model { get; }

    /// <summary>Embeds one text.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="tokens">How many words it has.</param>
    public float[] Embed(ReadOnlySpan<char> text, out int tokens)
    {
        var scratch = t_scratch ??= new Scratch();
        var features = scratch.Features;
        features.Clear();
        tokens = CountFeatures(text, features);

        var dimensions = Model.Dimensions;
        if (scratch.Sums.Length < dimensions)
            scratch.Sums = new int[dimensions];
        var sums = scratch.Sums.AsSpan(0, dimensions);
        sums.Clear();
        Project(features, sums);
        return Normalise(sums);
    }

    private static int CountFeatures(ReadOnlySpan<char> text, FeatureCounter features)
    {
        Span<char> padded = stackalloc char[WordReader.MaxLength + 2];
        var reader = new WordReader(text, padded[1..]);
        var words = 0;
        while (reader.Next())
        {
            words++;
            var word = reader.Word;
            if (StopWords.Contains(word))
                continue;

            padded[0] = '^';
            padded[word.Length + 1] = '$';
            CountGrams(padded[..(word.Length + 2)], features);
            var stem = word[..PorterStemmer.Stem(word)];
            features.Add(Hash(stem), FeatureKind.Word);
        }

        return words;
    }

    private static void CountGrams(ReadOnlySpan<char> word, FeatureCounter features)
    {
        // The whole word is a feature already: a gram as long as it would count it twice.
        for (var i = 0; i + 3 <= word.Length; i++)
        {
            var three = word[i] | ((ulong)word[i + 1] << 16) | ((ulong)word[i + 2] << 32);
            if (word.Length > 3)
                features.Add(Mix(three), FeatureKind.Gram);
            if (i + 4 > word.Length || word.Length == 4)
                continue;
            var four = three | ((ulong)word[i + 3] << 48);
            features.Add(Mix(four), FeatureKind.Gram);
            if (i + 5 <= word.Length && word.Length > 5)
                features.Add(Mix(Mix(four) + word[i + 4]), FeatureKind.Gram);
        }
    }

    private static void Project(FeatureCounter features, Span<int> sums)
    {
        var dimensions = (ulong)sums.Length;
        foreach (ref readonly var entry in features.Entries)
        {
            var weight = (entry.Kind == FeatureKind.Word ? WordWeight : GramWeight) * Damping[Math.Min(entry.Count, Damping.Length - 1)] / 1000;
            var bits = entry.Feature;
            for (var place = 0; place < PlacesPerFeature; place += 4)
            {
                bits = Mix(bits + 0x9E3779B97F4A7C15UL);
                Add(sums, bits, dimensions, weight);
                Add(sums, bits >> 16, dimensions, weight);
                Add(sums, bits >> 32, dimensions, weight);
                Add(sums, bits >> 48, dimensions, weight);
            }
        }
    }

    // 15 bits choose the place, one the sign.
    private static void Add(Span<int> sums, ulong bits, ulong dimensions, int weight)
    {
        var sign = (int)(bits & 1);
        sums[(int)((((bits >> 1) & 0x7fff) * dimensions) >> 15)] += (weight ^ -sign) + sign;
    }

    private static float[] Normalise(ReadOnlySpan<int> sums)
    {
        long squares = 0;
        foreach (var sum in sums)
            squares += (long)sum * sum;
        var vector = new float[sums.Length];
        if (squares == 0)
            return vector;
        var scale = 1 / Math.Sqrt(squares);
        for (var i = 0; i < vector.Length; i++)
            vector[i] = (float)(sums[i] * scale);
        return vector;
    }

    private static ulong Hash(ReadOnlySpan<char> word)
    {
        // Never string.GetHashCode: it differs from process to process.
        var hash = 0x2545F4914F6CDD1DUL + (ulong)word.Length;
        foreach (var pair in MemoryMarshal.Cast<char, uint>(word))
            hash = Mix(hash ^ pair);
        return (word.Length & 1) == 0 ? hash : Mix(hash ^ word[^1]);
    }

    // The finaliser of splitmix64 (Steele, Lea and Flood, OOPSLA 2014).
    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    private static int[] MakeDamping()
    {
        var table = new int[4096];
        for (var count = 1; count < table.Length; count++)
            table[count] = (int)Math.Round(1000 * (1 + Math.Log(count)));
        return table;
    }

    private sealed class Scratch
    {
        public readonly FeatureCounter Features = new();
        public int[] Sums = [];
    }
}
