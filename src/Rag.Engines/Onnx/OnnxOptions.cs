using Microsoft.Extensions.Configuration;
using Rag.Hosting;

namespace Rag.Engines.Onnx;

/// <summary>An ONNX model's settings, declared once for each seam that one can stand behind: <c>embedding:model</c>, <c>reranking:model</c> and so on.</summary>
internal sealed class OnnxSettings
{
    private OnnxSettings(string seam)
    {
        IsReranking = seam == "reranking";
        var what = IsReranking ? "a cross-encoder" : "a sentence model";
        Seam = seam;
        Model = Setting.Text($"{seam}:model", null, $"Engine onnx: the folder of {what} as Hugging Face exports it (model.onnx, tokenizer.json or vocab.txt, config.json). Engines tei, openai: the model's name");
        Threads = Setting.Whole($"{seam}:threads", 0, 0, 256, "Engine onnx: threads that compute one batch; 0 is one for each processor");
        Sessions = Setting.Whole($"{seam}:sessions", 1, 1, 16, "Engine onnx: batches computed at a time; each keeps the model's weights in memory once");
        BatchTexts = Setting.Whole($"{seam}:batch_texts", 32, 1, 1024, "Engine onnx: the most texts of one batch");
        BatchTokens = Setting.Whole($"{seam}:batch_tokens", 4096, 64, 1_000_000, "Engine onnx: the most tokens of one batch, padding included; bounds its time and its memory");
        BatchWait = Setting.Milliseconds($"{seam}:batch_wait_ms", 2, 0, 1000, "Engine onnx: how long the first text of a batch waits for others");
        Queue = Setting.Whole($"{seam}:queue_texts", 2048, 1, 1_000_000, "Engine onnx: texts that may wait; past them requests are refused at once");
        Reload = Setting.Seconds($"{seam}:reload_seconds", 5, 0, 3600, "Engine onnx: how often the folder is looked at for a changed model, which is then loaded beside the old one; 0 never looks");
        MaxTokens = Setting.Whole($"{seam}:max_tokens", 0, 0, 100_000, "Engine onnx: the most tokens of one text, the rest is cut off; 0 is what the model's own files say");
    }

    public static OnnxSettings Embedding { get; } = new("embedding");

    public static OnnxSettings Reranking { get; } = new("reranking");

    public static Setting<string?> QueryPrefix { get; } = Setting.Text("embedding:query_prefix", null, "Engines onnx, tei, openai: what stands before a question, such as 'query: '; default: what the model's prompts say, if anything");

    public static Setting<string?> PassagePrefix { get; } = Setting.Text("embedding:passage_prefix", null, "Engines onnx, tei, openai: what stands before a passage, such as 'passage: '");

    public string Seam { get; }

    public bool IsReranking { get; }

    public Setting<string?> Model { get; }

    public Setting<int> Threads { get; }

    public Setting<int> Sessions { get; }

    public Setting<int> BatchTexts { get; }

    public Setting<int> BatchTokens { get; }

    public Setting<TimeSpan> BatchWait { get; }

    public Setting<int> Queue { get; }

    public Setting<TimeSpan> Reload { get; }

    public Setting<int> MaxTokens { get; }

    /// <summary>All of them.</summary>
    public IReadOnlyList<Setting> All => [Model, Threads, Sessions, BatchTexts, BatchTokens, BatchWait, Queue, Reload, MaxTokens, .. IsReranking ? Array.Empty<Setting>() : [QueryPrefix, PassagePrefix]];
}

/// <summary>How an ONNX model is run; see <see cref="OnnxSettings"/> for defaults and ranges.</summary>
internal sealed record OnnxOptions
{
    /// <summary><c>embedding</c> or <c>reranking</c>.</summary>
    public required string Seam { get; init; }

    public bool IsReranking => Seam == "reranking";

    /// <summary>The setting that names the folder.</summary>
    public string Setting => $"{Seam}:model";

    /// <summary>The model's folder.</summary>
    public required string Folder { get; init; }

    public int Threads { get; init; }

    public int Sessions { get; init; } = 1;

    public int BatchTexts { get; init; } = 32;

    public int BatchTokens { get; init; } = 4096;

    public TimeSpan BatchWait { get; init; } = TimeSpan.FromMilliseconds(2);

    public int Queue { get; init; } = 2048;

    /// <summary>Zero never looks.</summary>
    public TimeSpan Reload { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Null is what the model's files say.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Null is what the model's prompts say.</summary>
    public string? QueryPrefix { get; init; }

    /// <summary>Null is what the model's prompts say.</summary>
    public string? PassagePrefix { get; init; }

    /// <summary>Reads the settings.</summary>
    /// <exception cref="InvalidOperationException">Values that are not permitted, all at once.</exception>
    public static OnnxOptions Read(OnnxSettings settings, IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var folder = reader.Read(settings.Model);
        if (folder is null)
            reader.Refuse($"{settings.Model.Path}: nothing is set, but {settings.Seam}:engine is onnx; expected the folder of the model's ONNX export");
        var most = reader.Read(settings.MaxTokens);
        var options = new OnnxOptions
        {
            Seam = settings.Seam,
            Folder = folder ?? "",
            Threads = reader.Read(settings.Threads),
            Sessions = reader.Read(settings.Sessions),
            BatchTexts = reader.Read(settings.BatchTexts),
            BatchTokens = reader.Read(settings.BatchTokens),
            BatchWait = reader.Read(settings.BatchWait),
            Queue = reader.Read(settings.Queue),
            Reload = reader.Read(settings.Reload),
            MaxTokens = most == 0 ? null : Math.Max(8, most),
            QueryPrefix = settings.IsReranking ? null : reader.Read(OnnxSettings.QueryPrefix),
            PassagePrefix = settings.IsReranking ? null : reader.Read(OnnxSettings.PassagePrefix),
        };
        reader.ThrowIfWrong();
        return options;
    }
}
