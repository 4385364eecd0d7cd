using Rag.Embedding;
using Rag.Vectors.Graphs;

namespace Rag.Vectors;

/// <summary>The memory of one model's vectors; made when the first document names the model.</summary>
internal sealed class VectorSpace(EmbeddingModel model, int links) : IDisposable
{
    public EmbeddingModel Model => model;

    public SlotStore Store { get; } = new(model.Dimensions, links, SlotStore.MaxSlots);

    public Epochs Epochs { get; } = new(model.Dimensions, links);

    /// <summary>Frees the memory; no walk may be under way.</summary>
    public void Dispose()
    {
        Epochs.Dispose();
        Store.Dispose();
    }
}
