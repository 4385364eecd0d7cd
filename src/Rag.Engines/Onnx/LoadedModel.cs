using Rag.Engines.Onnx.Texts;

namespace Rag.Engines.Onnx;

/// <summary>A model in memory: its tokenizer, its sessions and their batches. Held by <see cref="CurrentModel"/> and by each call in hand; the last to let go closes it.</summary>
internal sealed class LoadedModel
{
    private const string FirstText = "What causes the tides of the sea?";

    private readonly IReadOnlyList<OnnxGraph> _graphs;
    private readonly MicroBatches _batches;
    private readonly OnnxMetrics _metrics;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _holders = 1;

    private LoadedModel(ModelFolder folder, BertText text, IReadOnlyList<OnnxGraph> graphs, MicroBatches batches, OnnxMetrics metrics, int outputs) =>
        (Folder, Text, _graphs, _batches, _metrics, Outputs) = (folder, text, graphs, batches, metrics, outputs);

    /// <summary>What its folder says.</summary>
    public ModelFolder Folder { get; }

    /// <summary>Texts to tokens.</summary>
    public BertText Text { get; }

    /// <summary>How many numbers it makes of one input: the dimensions of its vectors, or its scores.</summary>
    public int Outputs { get; }

    /// <summary>Ends once its memory is given back.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Loads a model and computes a first text with each session.</summary>
    /// <exception cref="ModelException">It can't be used; the message has all problems, with remedies.</exception>
    public static LoadedModel Load(OnnxOptions options, OnnxMetrics metrics, TimeProvider time)
    {
        var started = time.GetTimestamp();
        var graphs = new List<OnnxGraph>();
        try
        {
            var folder = ModelFolder.Read(options, out var problems) ?? throw new ModelException(string.Join(Environment.NewLine, problems));
            BertText text;
            try
            {
                text = new BertText(folder.Tokenizer, folder.MaxTokens);
            }
            catch (Exception error) when (error is ArgumentException or InvalidOperationException)
            {
                throw new ModelException($"{options.Setting}: {options.Folder}: the vocabulary can't be used: {error.Message}", error);
            }

            var first = options.IsReranking ? text.Encode(FirstText, FirstText) : text.Encode(FirstText)!;
            var outputs = 0;
            for (var i = 0; i < options.Sessions; i++)
            {
                graphs.Add(OnnxGraph.Open(folder, options.IsReranking, options.Threads));
                outputs = Check(options, graphs[i].Run([first])[0]);
            }

            var batches = new MicroBatches([.. graphs.Select<OnnxGraph, Func<IReadOnlyList<TokenSequence>, float[][]>>(graph => graph.Run)], options, metrics, time);
            metrics.Loaded(time.GetElapsedTime(started));
            return new LoadedModel(folder, text, graphs, batches, metrics, outputs);
        }
        catch
        {
            foreach (var graph in graphs)
                graph.Dispose();
            metrics.Refused();
            throw;
        }
    }

    /// <summary>Computes inputs; results in their order.</summary>
    public Task<float[][]> ComputeAsync(IReadOnlyList<TokenSequence> inputs, bool isUrgent, CancellationToken cancellationToken) => _batches.ComputeAsync(inputs, isUrgent, cancellationToken);

    /// <summary>Holds it for a call; false when it is closing.</summary>
    public bool TryHold()
    {
        for (var holders = Volatile.Read(ref _holders); holders > 0; holders = Volatile.Read(ref _holders))
            if (Interlocked.CompareExchange(ref _holders, holders + 1, holders) == holders)
                return true;
        return false;
    }

    /// <summary>Lets go of it.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
            _ = CloseAsync();
    }

    private static int Check(OnnxOptions options, float[] first)
    {
        if (first.AsSpan().ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
            throw new ModelException($"{options.Setting}: {options.Folder}: the model's numbers for a first text are not finite; its weights are damaged, or a 16 bit export overflows");
        if (options.IsReranking && first.Length > 2)
            throw new ModelException($"{options.Setting}: {options.Folder}: the model gives {first.Length} scores for a pair; a cross-encoder gives one, or two of which the second says how well they go together");
        return first.Length;
    }

    private async Task CloseAsync()
    {
        await _batches.DisposeAsync().ConfigureAwait(false);
        foreach (var graph in _graphs)
            graph.Dispose();
        FreedMemory.GiveBack();
        _metrics.Closed();
        _closed.TrySetResult();
    }
}
