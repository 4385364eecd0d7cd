using System.Text.Json;

namespace Rag.Tests.Onnx.Tiny;

/// <summary>A folder with a tiny model in it, as Hugging Face exports one.</summary>
internal sealed class TinyFolder : IDisposable
{
    /// <summary>Special tokens, then words, as BERT has them.</summary>
    public static readonly IReadOnlyList<string> Vocabulary =
    [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "query", "passage", ":", ".", ",", "?", "##s",
        "the", "a", "of", "and", "in", "is", "tide", "moon", "sea", "sun", "wind", "rain", "storm", "harbour", "ship", "load", "line", "cargo", "captain", "crew",
        "rises", "falls", "pulls", "turns", "twice", "day", "night", "north", "south", "light", "house", "wave", "deep", "water", "salt", "fish", "bird", "island", "map", "star",
    ];

    private static readonly string[] Words = [.. Vocabulary.Skip(12)];

    public TinyFolder(int seed = 7, TinyHead head = TinyHead.Tokens, string? pooling = "mean_tokens", bool json = false, string name = "tiny-bert", IReadOnlyList<string>? inputs = null, bool narrow = false)
    {
        Root = Directory.CreateTempSubdirectory("loadline-onnx-").FullName;
        Folder = Directory.CreateDirectory(Path.Combine(Root, name)).FullName;
        Bert = Change(seed, head, inputs, narrow);
        Write("config.json", """{"model_type":"bert","max_position_embeddings":64}""");
        if (json)
            Write("tokenizer.json", TokenizerJson());
        else
            Write("vocab.txt", string.Join('\n', Vocabulary) + "\n");
        Write("tokenizer_config.json", """{"do_lower_case":true,"cls_token":"[CLS]","sep_token":{"content":"[SEP]"},"model_max_length":48}""");
        if (pooling is not null)
        {
            Write("modules.json", """[{"idx":0,"path":"","type":"sentence_transformers.models.Transformer"},{"idx":1,"path":"1_Pooling","type":"sentence_transformers.models.Pooling"},{"idx":2,"path":"2_Normalize","type":"sentence_transformers.models.Normalize"}]""");
            Write("1_Pooling/config.json", $$"""{"word_embedding_dimension":32,"pooling_mode_cls_token":false,"pooling_mode_mean_tokens":false,"pooling_mode_max_tokens":false,"pooling_mode_{{pooling}}":true}""");
        }
    }

    public string Root { get; }

    public string Folder { get; }

    /// <summary>The model that is in the folder.</summary>
    public TinyBert Bert { get; private set; }

    /// <summary>Puts another graph in the place of the one that is there, by renaming.</summary>
    public TinyBert Change(int seed, TinyHead head = TinyHead.Tokens, IReadOnlyList<string>? inputs = null, bool narrow = false, int hidden = 32)
    {
        Bert = new TinyBert(seed, Vocabulary.Count, hidden);
        Replace("model.onnx", Bert.ToOnnx(head, inputs, narrow));
        return Bert;
    }

    public void Write(string name, string text)
    {
        var file = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    public void Replace(string name, byte[] bytes)
    {
        var file = Path.Combine(Folder, name);
        File.WriteAllBytes(file + ".new", bytes);
        File.Move(file + ".new", file, overwrite: true);
    }

    /// <summary>A text of so many known words.</summary>
    public static string Text(Random random, int words) => string.Join(' ', Enumerable.Range(0, words).Select(_ => Words[random.Next(Words.Length)]));

    /// <summary>A text of known words in tokens, framed; by a look at the list alone.</summary>
    public static int[] Ids(params string[] texts) =>
        [2, .. texts.SelectMany(text => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IdOf).Append(3))];

    public void Dispose() => Directory.Delete(Root, recursive: true);

    public static string TokenizerJson(string type = "WordPiece") => JsonSerializer.Serialize(new
    {
        version = "1.0",
        added_tokens = new[] { new { id = 0, content = "[PAD]", special = true } },
        normalizer = new { type = "BertNormalizer", clean_text = true, handle_chinese_chars = true, strip_accents = (bool?)null, lowercase = true },
        pre_tokenizer = new { type = "BertPreTokenizer" },
        model = new
        {
            type,
            unk_token = "[UNK]",
            continuing_subword_prefix = "##",
            max_input_chars_per_word = 100,
            vocab = Vocabulary.Select((word, id) => (word, id)).ToDictionary(pair => pair.word, pair => pair.id),
        },
    });

    private static int IdOf(string word)
    {
        for (var id = 0; id < Vocabulary.Count; id++)
            if (Vocabulary[id] == word)
                return id;
        throw new ArgumentException($"'{word}' is no known word");
    }
}
