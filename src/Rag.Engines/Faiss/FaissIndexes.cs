using Microsoft.Extensions.Logging;
using Rag.Seams;
using Rag.Vectors;
using Rag.Vectors.Moves;

namespace Rag.Engines.Faiss;

/// <summary>
/// FAISS indexes of this process, each in a folder of its own (<c>vectors/faiss</c>, <c>vectors/faiss-2</c>, …), and the plan in <c>vectors/faiss-indexes.json</c>: beside the built-in
/// index's files, not among them, since its journal would take ours for its own.
/// </summary>
/// <param name="folder">The vectors service's folder.</param>
/// <param name="options">Which library, and how it searches.</param>
/// <param name="logger">Tells of files that had to be made anew.</param>
internal sealed class FaissIndexes(string folder, FaissOptions options, ILogger logger) : IndexesInFolders(Path.Combine(folder, "faiss-indexes.json"))
{
    public override ValueTask<IVectors> OpenAsync(int number, CancellationToken cancellationToken) => new(new FaissVectors(FolderOf(number), options, logger));

    public override ValueTask<VectorLag> CompareAsync(IVectors full, IVectors other, int most, CancellationToken cancellationToken)
    {
        var to = (FaissVectors)other;
        return new(Lag(
            ((FaissVectors)full).Held(),
            held => held.Document.Rank > to.RankOf(held.Tenant, held.Document.Id),
            held => new HeldDocument(
                held.Tenant, held.Document.Id, DocumentRank.VersionOf(held.Document.Rank), DocumentRank.IsDeletion(held.Document.Rank),
                held.Document.Chunks.Select(chunk => chunk.Ordinal + 1).DefaultIfEmpty().Max(), held.Document.Metadata),
            most, cancellationToken));
    }

    protected override string FolderOf(int number) => Path.Combine(folder, number == 1 ? "faiss" : $"faiss-{number}");
}
