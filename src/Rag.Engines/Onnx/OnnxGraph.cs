using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Rag.Engines.Onnx.Texts;

namespace Rag.Engines.Onnx;

/// <summary>
/// One session of ONNX Runtime on a model's graph. One batch at a time; dispose it when none is computed. Inputs as the graph has them (<c>input_ids</c>, and
/// <c>attention_mask</c>, <c>token_type_ids</c>, <c>position_ids</c> where it asks for them), 64 or 32 bits wide.
/// </summary>
internal sealed class OnnxGraph : IDisposable
{
    private static readonly string[] Known = ["input_ids", "attention_mask", "token_type_ids", "position_ids"];

    // In the order of preference: a finished sentence vector, then the tokens' vectors.
    private static readonly string[] EmbeddingOutputs = ["sentence_embedding", "last_hidden_state", "token_embeddings"];

    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly IReadOnlyList<(string Name, bool Wide)> _inputs;
    private readonly string _output;
    private readonly Pooling? _pooling;
    private readonly int _padding;

    private OnnxGraph(InferenceSession session, IReadOnlyList<(string, bool)> inputs, string output, Pooling? pooling, int padding) =>
        (_session, _inputs, _output, _pooling, _padding) = (session, inputs, output, pooling, padding);

    /// <summary>Opens a session.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="reranking">Whether its output are scores of pairs.</param>
    /// <param name="threads">Threads of one batch; 0 is one for each processor.</param>
    /// <exception cref="ModelException">The graph can't be loaded, or isn't one of this kind; the message says why.</exception>
    public static OnnxGraph Open(ModelFolder folder, bool reranking, int threads)
    {
        InferenceSession session;
        try
        {
            using var options = new SessionOptions
            {
                IntraOpNumThreads = threads,
                InterOpNumThreads = 1,
                ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, // what fails is thrown
                EnableMemoryPattern = false, // batches have every shape; a plan for each would be kept
            };
            // Others work on this machine too: threads that have nothing to do must not burn it.
            options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            session = new InferenceSession(folder.Graph, options);
        }
        catch (Exception error) when (error is OnnxRuntimeException or IOException or UnauthorizedAccessException)
        {
            throw new ModelException($"{folder.Graph} can't be loaded: {error.Message} Export or copy the model again; its file may be cut off, or lack the data file beside it", error);
        }

        try
        {
            var problems = new List<string>();
            var inputs = InputsOf(session, problems);
            var (output, pooled) = OutputOf(session, reranking, problems);
            if (problems.Count > 0)
                throw new ModelException($"{folder.Graph}: {string.Join("; ", problems)}");
            return new OnnxGraph(session, inputs, output, pooled ? folder.Pooling : null, folder.Tokenizer.Id(folder.Tokenizer.Padding));
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Computes a batch: for each input its pooled vector (of any length), or its scores.</summary>
    /// <exception cref="ModelException">The graph can't be computed on this input.</exception>
    public float[][] Run(IReadOnlyList<TokenSequence> batch)
    {
        var width = batch.Max(sequence => sequence.Ids.Length);
        var values = new List<OrtValue>(_inputs.Count);
        try
        {
            foreach (var (name, wide) in _inputs)
                values.Add(wide ? Tensor<long>(name, batch, width, static number => number) : Tensor<int>(name, batch, width, static number => number));
            using var outputs = _session.Run(_run, [.. _inputs.Select(input => input.Name)], values, [_output]);
            return Read(outputs[0], batch, width);
        }
        catch (OnnxRuntimeException error)
        {
            throw new ModelException($"the model can't be computed: {error.Message}", error);
        }
        finally
        {
            foreach (var value in values)
                value.Dispose();
        }
    }

    public void Dispose()
    {
        _session.Dispose();
        _run.Dispose();
    }

    private static List<(string, bool)> InputsOf(InferenceSession session, List<string> problems)
    {
        var inputs = new List<(string, bool)>();
        foreach (var (name, input) in session.InputMetadata)
            if (!Known.Contains(name))
                problems.Add($"it has an input '{name}'; known are {string.Join(", ", Known)}");
            else if (input.ElementDataType is not (TensorElementType.Int64 or TensorElementType.Int32) || input.Dimensions.Length != 2)
                problems.Add($"its input '{name}' is {input.ElementDataType} of {input.Dimensions.Length} dimensions; expected 64 or 32 bit whole numbers of two");
            else
                inputs.Add((name, input.ElementDataType == TensorElementType.Int64));
        if (!session.InputMetadata.ContainsKey("input_ids"))
            problems.Add("it has no input 'input_ids': it is no BERT-like model of texts");
        return inputs;
    }

    private static (string Output, bool Pooled) OutputOf(InferenceSession session, bool reranking, List<string> problems)
    {
        var floats = session.OutputMetadata.Where(output => output.Value.ElementDataType == TensorElementType.Float).ToDictionary(output => output.Key, output => output.Value.Dimensions.Length);
        var names = reranking ? ["logits"] : EmbeddingOutputs;
        var output = names.FirstOrDefault(floats.ContainsKey) ?? floats.Where(other => reranking ? other.Value == 2 : other.Value is 2 or 3).Select(other => other.Key).FirstOrDefault();
        if (output is not null && (floats[output] == 2 || (!reranking && floats[output] == 3)))
            return (output, floats[output] == 3);
        problems.Add($"its outputs are {string.Join(", ", session.OutputMetadata.Select(o => $"{o.Key} ({o.Value.ElementDataType}, {o.Value.Dimensions.Length} dimensions)"))}; expected "
            + (reranking ? "logits, Float of two dimensions: a cross-encoder (sequence classification)" : $"one of {string.Join(", ", EmbeddingOutputs)}, Float. Export it for feature extraction"));
        return ("", false);
    }

    private OrtValue Tensor<T>(string name, IReadOnlyList<TokenSequence> batch, int width, Func<int, T> of)
        where T : unmanaged
    {
        var numbers = new T[batch.Count * width];
        for (var row = 0; row < batch.Count; row++)
        {
            var (ids, first) = (batch[row].Ids, batch[row].FirstLength);
            for (var column = 0; column < width; column++)
                numbers[row * width + column] = of(name switch
                {
                    "input_ids" => column < ids.Length ? ids[column] : _padding,
                    "attention_mask" => column < ids.Length ? 1 : 0,
                    "token_type_ids" => column >= first && column < ids.Length ? 1 : 0,
                    _ => column,
                });
        }

        return OrtValue.CreateTensorValueFromMemory(numbers, [batch.Count, width]);
    }

    private float[][] Read(OrtValue output, IReadOnlyList<TokenSequence> batch, int width)
    {
        var shape = output.GetTensorTypeAndShape().Shape;
        var expected = _pooling is null ? shape.Length == 2 && shape[0] == batch.Count : shape.Length == 3 && shape[0] == batch.Count && shape[1] == width;
        if (!expected || shape[^1] < 1)
            throw new ModelException($"the model's output '{_output}' has the shape [{string.Join(", ", shape)}] for {batch.Count} texts of {width} tokens");
        var size = (int)shape[^1];
        var numbers = output.GetTensorDataAsSpan<float>();
        var vectors = new float[batch.Count][];
        for (var row = 0; row < vectors.Length; row++)
            vectors[row] = _pooling is { } pooling
                ? Pool(numbers.Slice(row * width * size, batch[row].Ids.Length * size), size, pooling)
                : numbers.Slice(row * size, size).ToArray();
        return vectors;
    }

    private static float[] Pool(ReadOnlySpan<float> tokens, int size, Pooling pooling)
    {
        var pooled = tokens[..size].ToArray();
        if (pooling == Pooling.First)
            return pooled;
        for (var at = size; at < tokens.Length; at += size)
            if (pooling == Pooling.Max)
                TensorPrimitives.Max(pooled, tokens.Slice(at, size), pooled);
            else
                TensorPrimitives.Add(pooled, tokens.Slice(at, size), pooled);
        if (pooling == Pooling.Mean)
            TensorPrimitives.Divide(pooled, tokens.Length / size, pooled);
        return pooled;
    }
}

/// <summary>A model that can't be loaded or computed; the message is for who must mend it.</summary>
internal sealed class ModelException(string message, Exception? inner = null) : Exception(message, inner);
