using Rag.Engines;
using Rag.Tests.Onnx.Tiny;
using Xunit;

namespace Rag.Tests.Onnx;

/// <summary>What is missing or broken in a model's folder is told all at once, with remedies, by the check and at the start.</summary>
public class ModelFolderTests
{
    private static readonly Engine Embedding = EngineCatalogue.Of("embedding").First(engine => engine.Name == "onnx");

    [Fact]
    public async Task A_folder_that_is_whole_is_described()
    {
        using var folder = new TinyFolder();
        var finding = Assert.Single(await CheckAsync(folder.Folder));
        Assert.True(finding.Works);
        Assert.Matches(@"^embedding: model tiny-bert, version [0-9a-f]{12}, 32 dimensions, up to 48 tokens, mean pooling \(1_Pooling/config\.json\), ONNX Runtime 1\.\d+\.\d+", finding.What);
    }

    [Fact]
    public async Task All_that_is_missing_or_broken_is_told_at_once()
    {
        using var folder = new TinyFolder();
        File.Delete(Path.Combine(folder.Folder, "model.onnx"));
        File.Delete(Path.Combine(folder.Folder, "vocab.txt"));
        folder.Write("config.json", "{ half of it");
        folder.Write("1_Pooling/config.json", """{"pooling_mode_cls_token":true,"pooling_mode_mean_tokens":true}""");
        folder.Write("modules.json", """[{"type":"sentence_transformers.models.Dense","path":"2_Dense"}]""");
        folder.Write("model_quantized.onnx", "");
        var findings = await CheckAsync(folder.Folder);
        Assert.All(findings, finding => Assert.False(finding.Works));
        Assert.All(findings, finding => Assert.NotNull(finding.Remedy));
        var all = string.Join('\n', findings.Select(finding => finding.What));
        Assert.Equal(5, findings.Count);
        Assert.Contains($"embedding:model: {folder.Folder}: there is neither model.onnx nor onnx/model.onnx, but model_quantized.onnx; rename or link the one to use to model.onnx", all);
        Assert.Contains("there is neither tokenizer.json nor vocab.txt", all);
        Assert.Contains("config.json can't be read", all);
        Assert.Contains("pooling is cls_token and mean_tokens; expected one of", all);
        Assert.Contains("a module 'Dense' behind its graph", all);
        var start = Assert.Throws<InvalidOperationException>(() => OpenModel.Embedding(folder));
        Assert.All(findings, finding => Assert.Contains(finding.What, start.Message));
    }

    [Fact]
    public async Task No_folder_and_no_setting_are_told()
    {
        Assert.Contains("there is no such folder", Assert.Single(await CheckAsync("/nowhere/at/all")).What);
        var unset = Assert.Single(await Embedding.CheckAsync(OpenModel.Context(null, ("embedding:engine", "onnx")), default));
        Assert.Contains("embedding:model: nothing is set, but embedding:engine is onnx", unset.What);
    }

    [Fact]
    public async Task A_graph_that_is_none_or_not_of_this_kind_is_told()
    {
        using var folder = new TinyFolder();
        folder.Replace("model.onnx", [1, 2, 3]);
        Assert.Contains("model.onnx can't be loaded", Assert.Single(await CheckAsync(folder.Folder)).What);

        var whole = new TinyBert(1, TinyFolder.Vocabulary.Count).ToOnnx();
        folder.Replace("model.onnx", whole[..(whole.Length / 2)]);
        Assert.Contains("model.onnx can't be loaded", Assert.Single(await CheckAsync(folder.Folder)).What);

        var other = new OnnxWriter();
        other.Input("pixels", "batch", "sequence");
        other.Node("Cast", ["pixels"], "label", ("to", 6L));
        other.Output("label", "batch", "sequence");
        folder.Replace("model.onnx", other.Model());
        var told = Assert.Single(await CheckAsync(folder.Folder)).What;
        Assert.Contains("model.onnx", told); // the runtime itself refuses a graph whose types don't fit
    }

    [Fact]
    public async Task Inputs_that_are_unknown_and_outputs_that_are_missing_are_told_together()
    {
        using var folder = new TinyFolder();
        var other = new OnnxWriter();
        var pixels = other.Input("pixels", "batch", "sequence");
        other.Node("Cast", [pixels], "picture", ("to", 1L));
        other.Output("picture", "1", "2", "3", "4");
        folder.Replace("model.onnx", other.Model());
        var told = Assert.Single(await CheckAsync(folder.Folder)).What;
        Assert.Contains("it has an input 'pixels'; known are input_ids, attention_mask, token_type_ids, position_ids", told);
        Assert.Contains("it has no input 'input_ids'", told);
        Assert.Contains("expected one of sentence_embedding, last_hidden_state, token_embeddings", told);
    }

    [Fact]
    public async Task A_tokenizer_of_another_kind_is_told()
    {
        using var folder = new TinyFolder(json: true);
        folder.Write("tokenizer.json", TinyFolder.TokenizerJson("BPE"));
        Assert.Contains("the tokenizer's type is BPE; only WordPiece", Assert.Single(await CheckAsync(folder.Folder)).What);
    }

    [Fact]
    public async Task A_vocabulary_without_the_special_tokens_is_told()
    {
        using var folder = new TinyFolder();
        folder.Write("vocab.txt", "the\ntide\n");
        var findings = await CheckAsync(folder.Folder);
        Assert.Equal(["[UNK]", "[CLS]", "[SEP]", "[PAD]"], findings.Select(finding => finding.What.Split('\'')[1]));
    }

    [Fact]
    public async Task A_vocabulary_that_is_larger_than_the_model_is_told()
    {
        using var folder = new TinyFolder();
        folder.Replace("model.onnx", new TinyBert(1, 3).ToOnnx()); // knows three words: the first text's ids are out of its range
        Assert.Contains("the model can't be computed", Assert.Single(await CheckAsync(folder.Folder)).What);
    }

    [Fact]
    public async Task Weights_that_are_no_numbers_are_told()
    {
        using var folder = new TinyFolder();
        var broken = new TinyBert(1, TinyFolder.Vocabulary.Count);
        Array.Fill(broken.Places, float.NaN);
        folder.Replace("model.onnx", broken.ToOnnx());
        Assert.Contains("are not finite", Assert.Single(await CheckAsync(folder.Folder)).What);
    }

    [Fact]
    public void Settings_that_are_wrong_are_told_together()
    {
        using var folder = new TinyFolder();
        var error = Assert.Throws<InvalidOperationException>(() => OpenModel.Embedding(folder, ("embedding:threads", "many"), ("embedding:sessions", "0"), ("embedding:batch_wait_ms", "-1")));
        foreach (var path in new[] { "embedding:threads: 'many'", "embedding:sessions: '0'", "embedding:batch_wait_ms: '-1'" })
            Assert.Contains(path, error.Message);
    }

    private static async Task<IReadOnlyList<Finding>> CheckAsync(string folder) =>
        await Embedding.CheckAsync(OpenModel.Context(null, ("embedding:engine", "onnx"), ("embedding:model", folder)), default);
}
