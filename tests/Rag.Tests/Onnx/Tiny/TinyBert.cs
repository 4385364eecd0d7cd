namespace Rag.Tests.Onnx.Tiny;

/// <summary>What a tiny model ends with.</summary>
public enum TinyHead
{
    /// <summary><c>last_hidden_state</c>: a vector for each token.</summary>
    Tokens,

    /// <summary><c>sentence_embedding</c>: the mean, made by the graph itself.</summary>
    Sentence,

    /// <summary><c>logits</c>: one score, from the first token.</summary>
    Score,

    /// <summary><c>logits</c>: two scores.</summary>
    TwoScores,
}

/// <summary>A BERT of random but fixed weights: word, place and type embeddings, encoder layers of attention, LayerNorm and GELU. All of a seed is the same on every machine.</summary>
internal sealed class TinyBert
{
    public const int MaxPlaces = 64;
    public const float Epsilon = 1e-12f;

    private readonly Random _random;

    public TinyBert(int seed, int words, int hidden = 32, int heads = 4, int layers = 2)
    {
        (Hidden, Heads, _random) = (hidden, heads, new Random(seed));
        Words = Matrix(words, hidden);
        Places = Matrix(MaxPlaces, hidden);
        Types = Matrix(2, hidden);
        First = new Norm(Around(hidden, 1), Around(hidden, 0));
        Layers = [.. Enumerable.Range(0, layers).Select(_ => new Layer(
            Linear(hidden, hidden), Linear(hidden, hidden), Linear(hidden, hidden), Linear(hidden, hidden), new Norm(Around(hidden, 1), Around(hidden, 0)),
            Linear(hidden, 2 * hidden), Linear(2 * hidden, hidden), new Norm(Around(hidden, 1), Around(hidden, 0))))];
        Scores = Linear(hidden, 2);
    }

    public int Hidden { get; }

    public int Heads { get; }

    public float[] Words { get; }

    public float[] Places { get; }

    public float[] Types { get; }

    public Norm First { get; }

    public IReadOnlyList<Layer> Layers { get; }

    public Dense Scores { get; }

    /// <summary>The model as ONNX.</summary>
    /// <param name="head">Its output.</param>
    /// <param name="inputs">Its inputs besides <c>input_ids</c> and <c>attention_mask</c>.</param>
    /// <param name="narrow">Whether inputs are of 32 bits.</param>
    public byte[] ToOnnx(TinyHead head = TinyHead.Tokens, IReadOnlyList<string>? inputs = null, bool narrow = false)
    {
        inputs ??= ["token_type_ids"];
        var onnx = new OnnxWriter();
        string In(string name)
        {
            var input = narrow ? onnx.Input32(name, "batch", "sequence") : onnx.Input(name, "batch", "sequence");
            return narrow ? onnx.Node("Cast", [input], null, ("to", 7L)) : input;
        }

        var ids = In("input_ids");
        var mask = In("attention_mask");
        var width = onnx.Node("Gather", [onnx.Node("Shape", [ids]), onnx.Whole(1)], null, ("axis", 0L));
        var places = inputs.Contains("position_ids") ? In("position_ids") : onnx.Node("Range", [onnx.Whole(0), width, onnx.Whole(1)]);
        var x = onnx.Node("Add", [
            onnx.Node("Gather", [onnx.Weights(Words, Words.Length / Hidden, Hidden), ids]),
            onnx.Node("Gather", [onnx.Weights(Places, MaxPlaces, Hidden), places])]);
        var types = onnx.Weights(Types, 2, Hidden);
        x = onnx.Node("Add", [x, inputs.Contains("token_type_ids")
            ? onnx.Node("Gather", [types, In("token_type_ids")])
            : onnx.Node("Gather", [types, onnx.Whole(0)])]);
        x = Normalise(onnx, x, First);
        var real = onnx.Node("Cast", [mask], null, ("to", 1L));
        var away = onnx.Node("Mul", [onnx.Node("Sub", [onnx.Number(1), onnx.Node("Unsqueeze", [real, onnx.Wholes(1, 2)])]), onnx.Number(-1e9f)]);
        foreach (var layer in Layers)
            x = Encode(onnx, x, away, layer);
        Finish(onnx, head, x, real);
        return onnx.Model();
    }

    private string Encode(OnnxWriter onnx, string x, string away, Layer layer)
    {
        string Split(Dense dense, params long[] order) =>
            onnx.Node("Transpose", [onnx.Node("Reshape", [Apply(onnx, x, dense), onnx.Wholes(0, 0, Heads, Hidden / Heads)])], null, ("perm", order));
        var scores = onnx.Node("Div", [
            onnx.Node("MatMul", [Split(layer.Query, 0, 2, 1, 3), Split(layer.Key, 0, 2, 3, 1)]), onnx.Number((float)Math.Sqrt(Hidden / (double)Heads))]);
        var shares = onnx.Node("Softmax", [onnx.Node("Add", [scores, away])], null, ("axis", -1L));
        var seen = onnx.Node("Transpose", [onnx.Node("MatMul", [shares, Split(layer.Value, 0, 2, 1, 3)])], null, ("perm", (long[])[0, 2, 1, 3]));
        x = Normalise(onnx, onnx.Node("Add", [x, Apply(onnx, onnx.Node("Reshape", [seen, onnx.Wholes(0, 0, Hidden)]), layer.Out)]), layer.AfterAttention);
        var up = Apply(onnx, x, layer.Up);
        var erf = onnx.Node("Add", [onnx.Node("Erf", [onnx.Node("Div", [up, onnx.Number((float)Math.Sqrt(2))])]), onnx.Number(1)]);
        var gelu = onnx.Node("Mul", [onnx.Node("Mul", [up, erf]), onnx.Number(0.5f)]);
        return Normalise(onnx, onnx.Node("Add", [x, Apply(onnx, gelu, layer.Down)]), layer.AfterAll);
    }

    private void Finish(OnnxWriter onnx, TinyHead head, string x, string real)
    {
        switch (head)
        {
            case TinyHead.Tokens:
                onnx.Node("Identity", [x], "last_hidden_state");
                onnx.Output("last_hidden_state", "batch", "sequence", Hidden.ToString());
                break;
            case TinyHead.Sentence:
                var wide = onnx.Node("Unsqueeze", [real, onnx.Wholes(2)]);
                var sum = onnx.Node("ReduceSum", [onnx.Node("Mul", [x, wide]), onnx.Wholes(1)], null, ("keepdims", 0L));
                onnx.Node("Div", [sum, onnx.Node("ReduceSum", [real, onnx.Wholes(1)], null, ("keepdims", 1L))], "sentence_embedding");
                onnx.Output("sentence_embedding", "batch", Hidden.ToString());
                break;
            default:
                var first = onnx.Node("Gather", [x, onnx.Whole(0)], null, ("axis", 1L));
                var scores = Apply(onnx, first, Scores);
                var count = head == TinyHead.Score ? 1 : 2;
                onnx.Node("Slice", [scores, onnx.Wholes(0), onnx.Wholes(count), onnx.Wholes(1)], "logits");
                onnx.Output("logits", "batch", count.ToString());
                break;
        }
    }

    private static string Apply(OnnxWriter onnx, string x, Dense dense) =>
        onnx.Node("Add", [onnx.Node("MatMul", [x, onnx.Weights(dense.Weights, dense.From, dense.To)]), onnx.Weights(dense.Bias, dense.To)]);

    private static string Normalise(OnnxWriter onnx, string x, Norm norm) =>
        onnx.Node("LayerNormalization", [x, onnx.Weights(norm.Scale, norm.Scale.Length), onnx.Weights(norm.Shift, norm.Shift.Length)], null, ("axis", -1L), ("epsilon", Epsilon));

    private float[] Matrix(int rows, int columns) => [.. Enumerable.Range(0, rows * columns).Select(_ => (float)((_random.NextDouble() - 0.5) * 1.2))];

    private float[] Around(int count, float middle) => [.. Enumerable.Range(0, count).Select(_ => middle + (float)((_random.NextDouble() - 0.5) * 0.2))];

    private Dense Linear(int from, int to) => new([.. Enumerable.Range(0, from * to).Select(_ => (float)((_random.NextDouble() - 0.5) * 2 / Math.Sqrt(from)))], Around(to, 0), from, to);

    /// <summary>y = x·W + b, W as rows of inputs.</summary>
    public sealed record Dense(float[] Weights, float[] Bias, int From, int To);

    public sealed record Norm(float[] Scale, float[] Shift);

    public sealed record Layer(Dense Query, Dense Key, Dense Value, Dense Out, Norm AfterAttention, Dense Up, Dense Down, Norm AfterAll);
}
