using System.Globalization;
using System.Text.Json;

namespace Rag.Engines.Onnx.Texts;

/// <summary>Reads <c>tokenizer.json</c>, or <c>vocab.txt</c> with <c>tokenizer_config.json</c>, as Hugging Face writes them. WordPiece alone: what BERT and its descendants have.</summary>
internal static class TokenizerFiles
{
    /// <summary>Reads; notes what is wrong.</summary>
    /// <returns>Null when something is.</returns>
    public static TokenizerSettings? Read(FolderReader folder)
    {
        var problems = folder.Problems.Count;
        var config = folder.Json("tokenizer_config.json");
        var whole = folder.Json("tokenizer.json");
        TokenizerSettings? settings;
        if (whole is { } json)
            settings = FromTokenizerJson(folder, json);
        else if (folder.Has("vocab.txt"))
            settings = FromVocabulary(folder, config);
        else
        {
            if (!folder.Has("tokenizer.json"))
                folder.Refuse("there is neither tokenizer.json nor vocab.txt; copy them from the model's repository: without them texts can't be turned into the model's tokens");
            return null;
        }

        if (settings is null)
            return null;
        settings = settings with
        {
            Unknown = Token(config, "unk_token") ?? settings.Unknown,
            Start = Token(config, "cls_token") ?? settings.Start,
            End = Token(config, "sep_token") ?? settings.End,
            Padding = Token(config, "pad_token") ?? settings.Padding,
        };
        foreach (var (name, token) in new[] { ("unk_token", settings.Unknown), ("cls_token", settings.Start), ("sep_token", settings.End), ("pad_token", settings.Padding) })
            if (settings.Id(token) < 0)
                folder.Refuse($"the vocabulary has no '{token}' ({name}); the files are of different models, or tokenizer_config.json names other special tokens");
        return folder.Problems.Count > problems ? null : settings;
    }

    private static TokenizerSettings? FromVocabulary(FolderReader folder, JsonElement? config)
    {
        if (folder.Lines("vocab.txt") is not { } vocabulary)
            return null;
        var lower = Flag(config, "do_lower_case") ?? true;
        return new TokenizerSettings
        {
            Vocabulary = Unique(vocabulary),
            LowerCase = lower,
            StripAccents = Flag(config, "strip_accents") ?? lower,
            PartIdeographs = Flag(config, "tokenize_chinese_chars") ?? true,
        };
    }

    private static TokenizerSettings? FromTokenizerJson(FolderReader folder, JsonElement json)
    {
        var model = Property(json, "model");
        // Files of before 2020 don't name the type.
        var type = Text(model, "type") ?? (Text(model, "continuing_subword_prefix") is null ? null : "WordPiece");
        if (type != "WordPiece" || Property(model, "vocab") is not { ValueKind: JsonValueKind.Object } vocab)
        {
            folder.Refuse($"tokenizer.json: the tokenizer's type is {type ?? "not given"}; only WordPiece (BERT, MiniLM, BGE, E5, GTE) is known here. Serve such a model by Text-Embeddings-Inference (engine tei)");
            return null;
        }

        var normalizer = Normalizer(Property(json, "normalizer"));
        if (normalizer is { } given && Text(given, "type") != "BertNormalizer")
        {
            folder.Refuse($"tokenizer.json: the normalizer's type is {Text(given, "type") ?? "not given"}; only BertNormalizer is known here. Serve such a model by Text-Embeddings-Inference (engine tei)");
            return null;
        }

        var lower = Flag(normalizer, "lowercase") ?? true;
        return new TokenizerSettings
        {
            Vocabulary = Ordered(folder, vocab, Property(json, "added_tokens")),
            LowerCase = normalizer is not null && lower,
            StripAccents = normalizer is not null && (Flag(normalizer, "strip_accents") ?? lower),
            PartIdeographs = normalizer is not null && (Flag(normalizer, "handle_chinese_chars") ?? true),
            Clean = normalizer is not null && (Flag(normalizer, "clean_text") ?? true),
            Unknown = Text(model, "unk_token") ?? "[UNK]",
            Continuing = Text(model, "continuing_subword_prefix") ?? "##",
            LongestWord = Property(model, "max_input_chars_per_word") is { ValueKind: JsonValueKind.Number } longest ? longest.GetInt32() : 100,
        };
    }

    // A sequence of one, as some exports have it, is that one.
    private static JsonElement? Normalizer(JsonElement? normalizer) =>
        normalizer is { ValueKind: JsonValueKind.Null } ? null
        : Text(normalizer, "type") == "Sequence" && Property(normalizer, "normalizers") is { ValueKind: JsonValueKind.Array } all && all.GetArrayLength() == 1 ? all[0]
        : normalizer;

    private static string[] Ordered(FolderReader folder, JsonElement vocab, JsonElement? added)
    {
        var tokens = new Dictionary<int, string>();
        foreach (var entry in vocab.EnumerateObject())
            tokens[entry.Value.GetInt32()] = entry.Name;
        if (added is { ValueKind: JsonValueKind.Array } list)
            foreach (var token in list.EnumerateArray())
                if (Property(token, "id") is { ValueKind: JsonValueKind.Number } id && Text(token, "content") is { } content)
                    tokens[id.GetInt32()] = content;
        var most = tokens.Count == 0 ? -1 : tokens.Keys.Max();
        if (most > 4_000_000 || tokens.Keys.Any(id => id < 0))
        {
            folder.Refuse($"tokenizer.json: a token has the id {most}; ids from 0 to 4000000 are permitted");
            return [];
        }

        return Unique(Enumerable.Range(0, most + 1).Select(id => tokens.GetValueOrDefault(id, "")));
    }

    // A place that no text can mean: empty ones, and a token's second place.
    private static string[] Unique(IEnumerable<string> tokens)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return [.. tokens.Select((token, id) => token.Length > 0 && seen.Add(token) ? token : string.Create(CultureInfo.InvariantCulture, $"[no token {id}]"))];
    }

    /// <summary>A special token: a text, or an object with its content.</summary>
    private static string? Token(JsonElement? config, string name) => Text(config, name) ?? Text(Property(config, name), "content");

    private static JsonElement? Property(JsonElement? element, string name) => FolderReader.Property(element, name);

    private static string? Text(JsonElement? element, string name) => FolderReader.Text(element, name);

    private static bool? Flag(JsonElement? element, string name) => FolderReader.Flag(element, name);
}
