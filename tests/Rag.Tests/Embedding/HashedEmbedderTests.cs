using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Rag.Embedding;
using Rag.Errors;
using Xunit;

namespace Rag.Tests.Embedding;

public class HashedEmbedderTests
{
    private readonly HashedEmbedder _embedder = new(384);

    private float[] Embed(string text) => _embedder.Embed(text, out _);

    private float Cosine(string a, string b) => TensorPrimitives.Dot(Embed(a), Embed(b));

    // Indexes outlive processes and machines: the bits of version 1 are pinned. If this fails, the model is another one and needs another version.
    [Theory]
    [InlineData("The load line is the mark on a ship's hull that shows how deep she may lie.", "EF06B4AD78C53D4F")]
    [InlineData("Größe 日本 IL-6 0.5 IL-6 IL-6 il-6", "1CBD8DA1D38F8305")]
    public void The_same_text_has_the_same_bits_on_every_machine_and_at_any_time(string text, string digest) =>
        Assert.Equal(digest, Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(Embed(text).AsSpan())))[..16]);

    [Theory]
    [InlineData("How deep may a loaded ship lie in the water?", "The load line shows how deep ships may lie when loaded.", "Bread needs flour, water, salt and yeast.")]
    [InlineData("phosphorylation of kinases", "a kinase is dephosphorylated", "the parliament voted on taxes")]
    [InlineData("myocardial infraction", "myocardial infarction treatment", "photosynthesis in leaves")]
    public void A_text_on_the_matter_is_nearer_than_another(string query, string related, string other) =>
        Assert.True(Cosine(query, related) > Cosine(query, other) + 0.1, $"{Cosine(query, related)} against {Cosine(query, other)}");

    [Fact]
    public void Case_endings_and_function_words_hardly_matter() =>
        Assert.True(Cosine("The ship was loaded", "SHIPS LOADING") > 0.6);

    [Theory]
    [InlineData("a ship")]
    [InlineData("one two three four five six seven eight nine ten")]
    public void Vectors_have_length_one(string text) => Assert.Equal(1, TensorPrimitives.Norm(Embed(text)), 5);

    [Theory]
    [InlineData("")]
    [InlineData(" .,! ")]
    [InlineData("the of and")]
    public void A_text_without_content_has_no_direction(string text) => Assert.All(Embed(text), x => Assert.Equal(0f, x));

    [Fact]
    public void A_huge_text_leaves_nothing_behind_for_the_next()
    {
        var before = Embed("a ship on the sea");
        Embed(string.Join(' ', Enumerable.Range(0, 60_000).Select(i => "word" + i)));
        Assert.Equal(before, Embed("a ship on the sea"));
    }

    [Fact]
    public void Unrelated_texts_are_nearly_at_right_angles_on_average()
    {
        // 200 pairs without a common feature: the projection's mean is 0, its standard deviation 1/√384 = 0.051; the mean of 200 has 0.0036.
        var mean = Enumerable.Range(0, 200).Average(i => (double)Cosine($"{(char)('a' + (i % 13))}{i}q", $"{(char)('n' + (i % 13))}{i + 1000}z"));
        Assert.InRange(mean, -0.02, 0.02);
    }

    [Fact]
    public async Task The_service_names_its_model_and_counts_tokens()
    {
        var service = new BuiltInEmbedding(new EmbeddingOptions { Dimensions = 128 });
        var reply = await service.EmbedAsync(new EmbedRequest(["one two", "three"], EmbedPurpose.Passage), default);
        Assert.Equal(new EmbeddingModel("hashed-words-grams", "1", 128), reply.Model);
        Assert.Equal(reply.Model, await service.DescribeAsync(default));
        Assert.Equal(3, reply.Tokens);
        Assert.All(reply.Vectors, v => Assert.Equal(128, v.Length));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(257)]
    public async Task Too_few_and_too_many_texts_are_refused(int count)
    {
        var service = new BuiltInEmbedding(new EmbeddingOptions());
        var error = await Assert.ThrowsAsync<RagException>(async () => await service.EmbedAsync(new EmbedRequest([.. Enumerable.Repeat("x", count)], EmbedPurpose.Query), default));
        Assert.Equal(RagError.InvalidArgument, error.Error);
        Assert.Contains($"{count} texts given; allowed are 1 to 256", error.Message);
    }

    [Fact]
    public void Wrong_dimensions_are_refused_with_the_rule() => Assert.Contains(
        "embedding:dimensions: 8 given; allowed are 64 to 4096",
        Assert.Throws<InvalidOperationException>(() => new BuiltInEmbedding(new EmbeddingOptions { Dimensions = 8 })).Message);

    [Fact]
    public void Threads_do_not_disturb_each_other()
    {
        var texts = Enumerable.Range(0, 64).Select(i => $"text number {i} about subject{i % 7} and more words {i * 31}").ToArray();
        var alone = texts.Select(Embed).ToArray();
        var together = new float[texts.Length][];
        Parallel.For(0, texts.Length, i => together[i] = Embed(texts[i]));
        Assert.Equal(alone, together);
    }
}
