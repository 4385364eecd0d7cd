namespace Rag.Tests.Onnx.Tiny;

/// <summary>The same model by plain loops in double precision, one text at a time: no batch, no padding, no library.</summary>
internal static class TinyBertReference
{
    /// <summary>The tokens' vectors.</summary>
    public static double[][] Tokens(TinyBert bert, int[] ids, int firstLength)
    {
        var x = new double[ids.Length][];
        for (var i = 0; i < ids.Length; i++)
        {
            x[i] = new double[bert.Hidden];
            for (var d = 0; d < bert.Hidden; d++)
                x[i][d] = (double)bert.Words[ids[i] * bert.Hidden + d] + bert.Places[i * bert.Hidden + d] + bert.Types[(i >= firstLength ? 1 : 0) * bert.Hidden + d];
            x[i] = Normalise(x[i], bert.First);
        }

        foreach (var layer in bert.Layers)
            x = Encode(bert, x, layer);
        return x;
    }

    public static double[] Mean(double[][] tokens) => [.. Enumerable.Range(0, tokens[0].Length).Select(d => tokens.Average(token => token[d]))];

    public static double[] Max(double[][] tokens) => [.. Enumerable.Range(0, tokens[0].Length).Select(d => tokens.Max(token => token[d]))];

    /// <summary>Two scores, from the first token.</summary>
    public static double[] Scores(TinyBert bert, double[][] tokens) => Apply(tokens[0], bert.Scores);

    public static double[] Unit(double[] vector)
    {
        var length = Math.Sqrt(vector.Sum(number => number * number));
        return [.. vector.Select(number => number / length)];
    }

    private static double[][] Encode(TinyBert bert, double[][] x, TinyBert.Layer layer)
    {
        var size = bert.Hidden / bert.Heads;
        var (query, key, value) = (x.Select(t => Apply(t, layer.Query)).ToArray(), x.Select(t => Apply(t, layer.Key)).ToArray(), x.Select(t => Apply(t, layer.Value)).ToArray());
        var result = new double[x.Length][];
        for (var i = 0; i < x.Length; i++)
        {
            var seen = new double[bert.Hidden];
            for (var head = 0; head < bert.Heads; head++)
            {
                var from = head * size;
                var scores = key.Select(k => Enumerable.Range(from, size).Sum(d => query[i][d] * k[d]) / Math.Sqrt(size)).ToArray();
                var most = scores.Max();
                var shares = scores.Select(score => Math.Exp(score - most)).ToArray();
                var sum = shares.Sum();
                for (var d = from; d < from + size; d++)
                    seen[d] = Enumerable.Range(0, x.Length).Sum(j => shares[j] / sum * value[j][d]);
            }

            var attended = Normalise(Add(x[i], Apply(seen, layer.Out)), layer.AfterAttention);
            var up = Apply(attended, layer.Up).Select(number => number * 0.5 * (1 + Erf(number / Math.Sqrt(2)))).ToArray();
            result[i] = Normalise(Add(attended, Apply(up, layer.Down)), layer.AfterAll);
        }

        return result;
    }

    private static double[] Add(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    private static double[] Apply(double[] x, TinyBert.Dense dense) =>
        [.. Enumerable.Range(0, dense.To).Select(to => dense.Bias[to] + Enumerable.Range(0, dense.From).Sum(from => x[from] * dense.Weights[from * dense.To + to]))];

    private static double[] Normalise(double[] x, TinyBert.Norm norm)
    {
        var mean = x.Average();
        var deviation = Math.Sqrt(x.Average(number => (number - mean) * (number - mean)) + TinyBert.Epsilon);
        return [.. x.Select((number, i) => (number - mean) / deviation * norm.Scale[i] + norm.Shift[i])];
    }

    // 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1)): all of one sign, so nothing cancels (Abramowitz and Stegun, 7.1.6).
    private static double Erf(double x)
    {
        var (term, sum) = (x, x);
        for (var n = 1; Math.Abs(term) > 1e-17 * Math.Abs(sum) && n < 500; n++)
            sum += term *= 2 * x * x / (2 * n + 1);
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }
}
