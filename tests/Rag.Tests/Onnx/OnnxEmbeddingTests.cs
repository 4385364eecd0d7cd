using Rag.Embedding;
using Rag.Errors;
using Rag.Tests.Onnx.Tiny;
using Xunit;

namespace Rag.Tests.Onnx;

/// <summary>A sentence model made here gives the vectors of a plain computation, in any batch.</summary>
public class OnnxEmbeddingTests
{
    private const double Near = 1e-5;

    [Theory]
    [InlineData("mean_tokens")]
    [InlineData("cls_token")]
    [InlineData("max_tokens")]
    [InlineData("mean_sqrt_len_tokens")]
    [InlineData(null)]
    public async Task Vectors_are_those_of_a_plain_computation(string? pooling)
    {
        using var folder = new TinyFolder(pooling: pooling, json: pooling == "cls_token");
        await using var opened = OpenModel.Embedding(folder);
        foreach (var text in Texts(12))
            AssertNear(Expected(folder, text, pooling ?? "mean_tokens"), await One(opened.Service, text));
    }

    [Theory]
    [InlineData(1, "1", "64")]
    [InlineData(2, "7", "4096")]
    [InlineData(3, "32", "4096")]
    [InlineData(4, "32", "300")]
    public async Task A_vector_is_the_same_in_any_batch_and_any_order(int seed, string batchTexts, string batchTokens)
    {
        using var folder = new TinyFolder();
        await using var opened = OpenModel.Embedding(folder, ("embedding:batch_texts", batchTexts), ("embedding:batch_tokens", batchTokens), ("embedding:sessions", "2"));
        var texts = Texts(48);
        var expected = texts.ToDictionary(text => text, text => Expected(folder, text, "mean_tokens"));
        var random = new Random(seed);
        for (var round = 0; round < 6; round++)
        {
            random.Shuffle(texts);
            var requests = new List<string[]>();
            for (var at = 0; at < texts.Length;)
            {
                var count = Math.Min(random.Next(1, 20), texts.Length - at);
                requests.Add(texts[at..(at + count)]);
                at += count;
            }

            var replies = await Task.WhenAll(requests.Select(request => opened.Service.EmbedAsync(new EmbedRequest(request, (EmbedPurpose)random.Next(2)), default).AsTask()));
            for (var i = 0; i < replies.Length; i++)
                for (var j = 0; j < requests[i].Length; j++)
                    AssertNear(expected[requests[i][j]], replies[i].Vectors[j]);
        }
    }

    [Theory]
    [InlineData(TinyHead.Tokens, false, new string[0])]
    [InlineData(TinyHead.Tokens, true, new[] { "token_type_ids" })]
    [InlineData(TinyHead.Tokens, false, new[] { "token_type_ids", "position_ids" })]
    [InlineData(TinyHead.Sentence, false, new[] { "token_type_ids" })]
    [InlineData(TinyHead.Sentence, true, new[] { "position_ids" })]
    public async Task Inputs_and_outputs_are_as_the_graph_has_them(TinyHead head, bool narrow, string[] inputs)
    {
        using var folder = new TinyFolder(head: head, inputs: inputs, narrow: narrow);
        await using var opened = OpenModel.Embedding(folder);
        var texts = Texts(5);
        var reply = await opened.Service.EmbedAsync(new EmbedRequest(texts, EmbedPurpose.Passage), default);
        for (var i = 0; i < texts.Length; i++)
            AssertNear(Expected(folder, texts[i], "mean_tokens"), reply.Vectors[i]);
        Assert.Equal(texts.Sum(text => TinyFolder.Ids(text).Length), reply.Tokens);
    }

    [Fact]
    public async Task A_graph_may_lie_in_a_folder_of_its_own()
    {
        using var folder = new TinyFolder();
        Directory.CreateDirectory(Path.Combine(folder.Folder, "onnx"));
        File.Move(Path.Combine(folder.Folder, "model.onnx"), Path.Combine(folder.Folder, "onnx", "model.onnx"));
        await using var opened = OpenModel.Embedding(folder);
        AssertNear(Expected(folder, "the moon", "mean_tokens"), await One(opened.Service, "The  MOON"));
    }

    [Fact]
    public async Task A_text_that_is_too_long_is_cut_at_the_models_length()
    {
        using var folder = new TinyFolder();
        folder.Write("sentence_bert_config.json", """{"max_seq_length":16,"do_lower_case":false}""");
        await using var opened = OpenModel.Embedding(folder);
        var text = TinyFolder.Text(new Random(5), 5000);
        var cut = string.Join(' ', text.Split(' ').Take(14));
        var reply = await opened.Service.EmbedAsync(new EmbedRequest([text], EmbedPurpose.Passage), default);
        AssertNear(Expected(folder, cut, "mean_tokens"), reply.Vectors[0]);
        Assert.Equal(16, reply.Tokens);
        var spaced = string.Concat(Enumerable.Repeat(" \n", 5000)) + cut; // the words may come late
        AssertNear(Expected(folder, cut, "mean_tokens"), await One(opened.Service, spaced));
    }

    [Fact]
    public async Task Questions_and_passages_have_the_prefixes_of_the_models_prompts_or_of_the_settings()
    {
        using var folder = new TinyFolder();
        folder.Write("config_sentence_transformers.json", """{"prompts":{"query":"query: ","document":"passage: "}}""");
        await using (var opened = OpenModel.Embedding(folder))
        {
            AssertNear(Expected(folder, "query : the tide", "mean_tokens"), await One(opened.Service, "the tide", EmbedPurpose.Query));
            AssertNear(Expected(folder, "passage : the tide", "mean_tokens"), await One(opened.Service, "the tide"));
        }

        var before = await Version(folder);
        await using (var opened = OpenModel.Embedding(folder, ("embedding:query_prefix", "a ")))
        {
            AssertNear(Expected(folder, "a the tide", "mean_tokens"), await One(opened.Service, "the tide", EmbedPurpose.Query));
            Assert.NotEqual(before, (await opened.Service.DescribeAsync(default)).Version); // other vectors: another model
        }
    }

    [Fact]
    public async Task The_model_is_named_by_its_folder_or_its_repository_and_its_version_is_of_its_files()
    {
        using var folder = new TinyFolder();
        var version = await Version(folder);
        await using (var opened = OpenModel.Embedding(folder))
            Assert.Equal(new EmbeddingModel("tiny-bert", version, 32), await opened.Service.DescribeAsync(default));
        Assert.Equal(12, version.Length);
        Assert.Equal(version, await Version(folder));
        using (var copy = new TinyFolder(name: "another"))
            Assert.Equal(version, await Version(copy));
        folder.Write("config.json", """{"_name_or_path":"sentence-transformers/tiny","max_position_embeddings":64}""");
        Assert.NotEqual(version, await Version(folder));
        await using (var opened = OpenModel.Embedding(folder))
            Assert.Equal("sentence-transformers/tiny", (await opened.Service.DescribeAsync(default)).Id);
        folder.Write("config.json", """{"_name_or_path":"/home/somebody/out","max_position_embeddings":64}""");
        await using (var opened = OpenModel.Embedding(folder))
            Assert.Equal("tiny-bert", (await opened.Service.DescribeAsync(default)).Id);
    }

    [Fact]
    public async Task Sizes_that_are_none_are_refused()
    {
        using var folder = new TinyFolder();
        await using var opened = OpenModel.Embedding(folder);
        foreach (var count in new[] { 0, 257 })
            Assert.Equal(RagError.InvalidArgument, (await Assert.ThrowsAsync<RagException>(
                async () => await opened.Service.EmbedAsync(new EmbedRequest([.. Enumerable.Repeat("sea", count)], EmbedPurpose.Query), default))).Error);
    }

    internal static double[] Expected(TinyFolder folder, string text, string pooling)
    {
        var ids = TinyFolder.Ids(text);
        var tokens = TinyBertReference.Tokens(folder.Bert, ids, ids.Length);
        return TinyBertReference.Unit(pooling switch
        {
            "cls_token" => tokens[0],
            "max_tokens" => TinyBertReference.Max(tokens),
            _ => TinyBertReference.Mean(tokens),
        });
    }

    internal static async Task<float[]> One(IEmbedding embedding, string text, EmbedPurpose purpose = EmbedPurpose.Passage) =>
        (await embedding.EmbedAsync(new EmbedRequest([text], purpose), default)).Vectors[0];

    internal static void AssertNear(double[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.InRange(expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max(), 0, Near);
    }

    private static async Task<string> Version(TinyFolder folder)
    {
        await using var opened = OpenModel.Embedding(folder);
        return (await opened.Service.DescribeAsync(default)).Version;
    }

    private static string[] Texts(int count)
    {
        var random = new Random(11);
        return [.. Enumerable.Range(0, count).Select(i => TinyFolder.Text(random, 1 + i % 40))];
    }
}
