namespace Rag.Engines.Onnx.Texts;

/// <summary>What a model's folder says about its tokenizer.</summary>
internal sealed record TokenizerSettings
{
    private Dictionary<string, int>? _ids;

    /// <summary>The tokens, each at the place of its id.</summary>
    public required IReadOnlyList<string> Vocabulary { get; init; }

    /// <summary>Whether letters become small.</summary>
    public bool LowerCase { get; init; } = true;

    /// <summary>Whether letters lose their marks; as <see cref="LowerCase"/> where the folder doesn't say.</summary>
    public bool StripAccents { get; init; } = true;

    /// <summary>Whether each CJK ideograph is a word.</summary>
    public bool PartIdeographs { get; init; } = true;

    /// <summary>Whether control characters go.</summary>
    public bool Clean { get; init; } = true;

    public string Unknown { get; init; } = "[UNK]";

    public string Start { get; init; } = "[CLS]";

    public string End { get; init; } = "[SEP]";

    public string Padding { get; init; } = "[PAD]";

    /// <summary>What marks a token that continues a word.</summary>
    public string Continuing { get; init; } = "##";

    /// <summary>A word of more characters is unknown.</summary>
    public int LongestWord { get; init; } = 100;

    /// <summary>A token's id; -1 when it is none.</summary>
    public int Id(string token)
    {
        if (_ids is null)
        {
            var ids = new Dictionary<string, int>(Vocabulary.Count, StringComparer.Ordinal);
            for (var id = 0; id < Vocabulary.Count; id++)
                ids.TryAdd(Vocabulary[id], id);
            _ids = ids;
        }

        return _ids.GetValueOrDefault(token, -1);
    }
}
