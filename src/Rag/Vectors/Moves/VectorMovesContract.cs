using Rag.Embedding;
using Rag.Seams;

namespace Rag.Vectors.Moves;

/// <summary><see cref="IVectorMoves"/> through the seam.</summary>
internal static class VectorMovesContract
{
    // Comparing two indexes, or opening one, takes as long as they are large; nobody waits for it but the one who moves.
    private static readonly CallPolicy Long = new() { Cap = TimeSpan.FromMinutes(10), BatchCap = TimeSpan.FromMinutes(10), Exempt = true };

    private static readonly UnaryCall<IVectorMoves, Nothing, VectorModels> Models = new("Models", static (s, _, stop) => s.ModelsAsync(stop), CallPolicy.Watch);

    private static readonly UnaryCall<IVectorMoves, EmbeddingModel, VectorModels> Prepare = new("Prepare", static (s, r, stop) => s.PrepareAsync(r, stop), Long);

    private static readonly UnaryCall<IVectorMoves, TakeDocuments, IReadOnlyList<HeldDocument>> Take = new("Take", static (s, r, stop) => s.TakeAsync(r.Most, stop), Long);

    private static readonly UnaryCall<IVectorMoves, Nothing, VectorModels> Advance = new("Advance", static (s, _, stop) => s.AdvanceAsync(stop), Long);

    public static Contract<IVectorMoves> Instance { get; } = new("vectors", seam => new Proxy(seam), Models, Prepare, Take, Advance);

    private sealed class Proxy(Seam<IVectorMoves> seam) : IVectorMoves
    {
        public ValueTask<VectorModels> ModelsAsync(CancellationToken cancellationToken) => seam.CallAsync(Models, default, cancellationToken);

        public ValueTask<VectorModels> PrepareAsync(EmbeddingModel model, CancellationToken cancellationToken) => seam.CallAsync(Prepare, model, cancellationToken);

        public ValueTask<IReadOnlyList<HeldDocument>> TakeAsync(int most, CancellationToken cancellationToken) => seam.CallAsync(Take, new TakeDocuments(most), cancellationToken);

        public ValueTask<VectorModels> AdvanceAsync(CancellationToken cancellationToken) => seam.CallAsync(Advance, default, cancellationToken);
    }
}

/// <summary>Asks for documents that are to be embedded anew.</summary>
/// <param name="Most">The most of them.</param>
public sealed record TakeDocuments(int Most);
