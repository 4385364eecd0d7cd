using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Rag.Engines.Onnx.Texts;

namespace Rag.Engines.Onnx;

/// <summary>What to make of a model's outputs.</summary>
internal enum Pooling
{
    /// <summary>The mean of the tokens' vectors.</summary>
    Mean,

    /// <summary>The first token's vector.</summary>
    First,

    /// <summary>The greatest value of each dimension.</summary>
    Max,
}

/// <summary>
/// A folder as Hugging Face exports it, read and found in order:
/// <code>
///   model.onnx | onnx/model.onnx        the graph, with model.onnx_data beside it when it is large
///   tokenizer.json | vocab.txt          WordPiece; tokenizer_config.json
///   config.json                         _name_or_path, max_position_embeddings
///   modules.json, 1_Pooling/config.json mean, CLS or max                        (sentence models)
///   sentence_bert_config.json           max_seq_length                          (sentence models)
///   config_sentence_transformers.json   prompts: what stands before a text      (sentence models)
/// </code>
/// </summary>
internal sealed partial record ModelFolder
{
    /// <summary>The model's name: <c>_name_or_path</c> where it is one of a repository (<c>owner/name</c>), else the folder's.</summary>
    public required string Id { get; init; }

    /// <summary>A hash of all that decides what a text's vector is: the files, and the settings that change their meaning. Twelve hexadecimal digits.</summary>
    public required string Version { get; init; }

    /// <summary>The graph's file.</summary>
    public required string Graph { get; init; }

    public required TokenizerSettings Tokenizer { get; init; }

    /// <summary>The most tokens of one input.</summary>
    public required int MaxTokens { get; init; }

    public required Pooling Pooling { get; init; }

    /// <summary>Where <see cref="Pooling"/> is from.</summary>
    public required string PoolingSource { get; init; }

    /// <summary>What stands before a question.</summary>
    public required string QueryPrefix { get; init; }

    /// <summary>What stands before a passage.</summary>
    public required string PassagePrefix { get; init; }

    /// <summary>Reads a folder.</summary>
    /// <param name="options">Which, and what overrides it.</param>
    /// <param name="problems">All that is wrong, with remedies.</param>
    /// <returns>Null when something is.</returns>
    public static ModelFolder? Read(OnnxOptions options, out IReadOnlyList<string> problems)
    {
        var folder = new FolderReader(options.Folder, options.Setting);
        problems = folder.Problems;
        if (!Directory.Exists(options.Folder))
        {
            folder.Refuse("there is no such folder; name the one that holds the model's ONNX export (model.onnx, tokenizer.json, config.json)");
            return null;
        }

        var graph = GraphOf(folder);
        var tokenizer = TokenizerFiles.Read(folder);
        var config = folder.Json("config.json");
        var prompts = FolderReader.Property(folder.Json("config_sentence_transformers.json"), "prompts");
        var (pooling, source) = options.IsReranking ? (Pooling.First, "") : PoolingOf(folder);
        var positions = FolderReader.Whole(config, "max_position_embeddings");
        var most = options.MaxTokens ?? FolderReader.Whole(folder.Json("sentence_bert_config.json"), "max_seq_length")
            ?? FolderReader.Whole(folder.Json("tokenizer_config.json"), "model_max_length") ?? positions ?? 512;
        if (options.MaxTokens > positions)
            folder.Refuse($"{options.Seam}:max_tokens is {options.MaxTokens}, but the model knows {positions} positions (config.json); leave it out or lower it");
        if (folder.Problems.Count > 0)
            return null;
        var read = new ModelFolder
        {
            Id = NameOf(config, options.Folder),
            Version = "",
            Graph = graph!,
            Tokenizer = tokenizer!,
            MaxTokens = Math.Max(8, Math.Min(most, positions ?? most)),
            Pooling = pooling,
            PoolingSource = source,
            QueryPrefix = options.QueryPrefix ?? Prompt(prompts, "query") ?? "",
            PassagePrefix = options.PassagePrefix ?? Prompt(prompts, "passage", "document", "corpus") ?? "",
        };
        try
        {
            return read with { Version = read.Hash(options.Folder) };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            folder.Refuse($"a file can't be read: {error.Message}");
            return null;
        }
    }

    /// <summary>The files that a model is read from, their sizes and times: whether it may have changed, at the cost of a look.</summary>
    public static string Look(string folder)
    {
        var seen = new StringBuilder();
        try
        {
            foreach (var file in Files(folder))
                seen.Append(file.FullName).Append('|').Append(file.Length).Append('|').Append(file.LastWriteTimeUtc.Ticks).Append('\n');
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }

        return seen.ToString();
    }

    private static List<FileInfo> Files(string folder) => !Directory.Exists(folder) ? [] :
    [
        .. Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })
            .Where(file => Path.GetFileName(file) is var name && (name.StartsWith("model.onnx", StringComparison.Ordinal) || name.EndsWith(".json", StringComparison.Ordinal) || name == "vocab.txt"))
            .Order(StringComparer.Ordinal).Select(file => new FileInfo(file)),
    ];

    private string Hash(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        foreach (var file in Files(folder))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{Path.GetRelativePath(folder, file.FullName)}\n"));
            using var stream = file.OpenRead();
            for (int read; (read = stream.Read(buffer)) > 0;)
                hash.AppendData(buffer, 0, read);
        }

        hash.AppendData(Encoding.UTF8.GetBytes($"\n{MaxTokens}\n{QueryPrefix}\n{PassagePrefix}\n"));
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 6));
    }

    private static string? GraphOf(FolderReader folder)
    {
        foreach (var name in new[] { "model.onnx", Path.Combine("onnx", "model.onnx") })
            if (folder.Has(name))
                return Path.Combine(folder.Folder, name);
        var others = Directory.EnumerateFiles(folder.Folder, "*.onnx", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder.Folder, file)).Take(5).ToList();
        folder.Refuse(others.Count > 0
            ? $"there is neither model.onnx nor onnx/model.onnx, but {string.Join(", ", others)}; rename or link the one to use to model.onnx"
            : "there is neither model.onnx nor onnx/model.onnx; export the model ('optimum-cli export onnx --model NAME FOLDER') or download its onnx folder");
        return null;
    }

    private static (Pooling Pooling, string Source) PoolingOf(FolderReader folder)
    {
        var path = "1_Pooling";
        if (folder.Json("modules.json") is { ValueKind: JsonValueKind.Array } modules)
            foreach (var module in modules.EnumerateArray())
                switch ((FolderReader.Text(module, "type") ?? "").Split('.')[^1])
                {
                    case "Pooling":
                        path = FolderReader.Text(module, "path") is { Length: > 0 } own ? own : path;
                        break;
                    case "Transformer" or "Normalize":
                        break; // the graph itself, and the length 1 that vectors have here in any case
                    case var other:
                        folder.Refuse($"modules.json: the model has a module '{other}' behind its graph, which isn't known here; serve it by Text-Embeddings-Inference (engine tei)");
                        break;
                }

        if (folder.Json(Path.Combine(path, "config.json")) is not { ValueKind: JsonValueKind.Object } config)
            return (Pooling.Mean, $"there is no {path}/config.json");
        var modes = config.EnumerateObject().Where(mode => mode.Name.StartsWith("pooling_mode_", StringComparison.Ordinal) && mode.Value.ValueKind == JsonValueKind.True)
            .Select(mode => mode.Name["pooling_mode_".Length..]).ToList();
        var known = modes is [var mode] ? mode switch
        {
            "cls_token" => Pooling.First,
            "mean_tokens" or "mean_sqrt_len_tokens" => Pooling.Mean, // of one direction, and all vectors have the length 1
            "max_tokens" => Pooling.Max,
            _ => (Pooling?)null,
        }
        : null;
        if (known is null)
            folder.Refuse($"{path}/config.json: pooling is {(modes.Count == 0 ? "not given" : string.Join(" and ", modes))}; expected one of cls_token, mean_tokens, mean_sqrt_len_tokens, max_tokens");
        return (known ?? Pooling.Mean, $"{path}/config.json");
    }

    private static string? Prompt(JsonElement? prompts, params string[] names) => names.Select(name => FolderReader.Text(prompts, name)).FirstOrDefault(text => text is { Length: > 0 });

    private static string NameOf(JsonElement? config, string folder) => FolderReader.Text(config, "_name_or_path") is { } name && RepositoryName().IsMatch(name)
        ? name
        : Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));

    [GeneratedRegex(@"^[A-Za-z0-9][\w.-]*/[\w.-]+\z")]
    private static partial Regex RepositoryName();
}
