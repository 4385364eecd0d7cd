using Rag.Vectors;
using Rag.Vectors.Moves;

namespace Rag.Tests.Vectors.Moves;

/// <summary>Indexes whose process dies at a chosen moment: what lies on the disk then is kept, and nothing happens any more.</summary>
/// <param name="inner">The indexes.</param>
/// <param name="diesAt">At which of the moments, counted from 1; each call has one before it and one after.</param>
/// <param name="died">Takes the image.</param>
internal sealed class DyingIndexes(IVectorIndexes inner, int diesAt, Action<string> died) : IVectorIndexes
{
    private int _moments;

    public bool IsDead { get; private set; }

    public bool IsShared => inner.IsShared;

    public ValueTask<VectorPlan?> ReadPlanAsync(CancellationToken cancellationToken) => AroundAsync("read the plan", () => inner.ReadPlanAsync(cancellationToken));

    public ValueTask<bool> WritePlanAsync(VectorPlan plan, CancellationToken cancellationToken) => AroundAsync("write the plan", () => inner.WritePlanAsync(plan, cancellationToken));

    public ValueTask<IVectors> OpenAsync(int number, CancellationToken cancellationToken) =>
        AroundAsync("open", async () => (IVectors)new DyingVectors(this, await inner.OpenAsync(number, cancellationToken)));

    public async ValueTask DropAsync(int number, CancellationToken cancellationToken) => await AroundAsync("drop", async () =>
    {
        await inner.DropAsync(number, cancellationToken);
        return true;
    });

    public ValueTask<VectorLag> CompareAsync(IVectors full, IVectors other, int most, CancellationToken cancellationToken) =>
        AroundAsync("compare", () => inner.CompareAsync(((DyingVectors)full).Inner, ((DyingVectors)other).Inner, most, cancellationToken));

    private async ValueTask<T> AroundAsync<T>(string what, Func<ValueTask<T>> call)
    {
        Pass("before: " + what);
        var result = await call();
        Pass("after: " + what);
        return result;
    }

    private void Pass(string moment)
    {
        if (!IsDead && ++_moments == diesAt)
        {
            IsDead = true;
            died(moment);
        }

        if (IsDead)
            throw new DeadException(moment);
    }

    internal sealed class DeadException(string moment) : Exception(moment);

    private sealed class DyingVectors(DyingIndexes owner, IVectors inner) : IVectors, IDisposable
    {
        public IVectors Inner => inner;

        public async ValueTask ReplaceAsync(IReadOnlyList<DocumentVectors> documents, CancellationToken cancellationToken) => await owner.AroundAsync("replace", async () =>
        {
            await inner.ReplaceAsync(documents, cancellationToken);
            return true;
        });

        public async ValueTask DeleteAsync(string tenant, string documentId, int version, CancellationToken cancellationToken) => await owner.AroundAsync("delete", async () =>
        {
            await inner.DeleteAsync(tenant, documentId, version, cancellationToken);
            return true;
        });

        public ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorSearch request, CancellationToken cancellationToken) => inner.SearchAsync(request, cancellationToken);

        public ValueTask<VectorsState> DescribeAsync(CancellationToken cancellationToken) => inner.DescribeAsync(cancellationToken);

        public void Dispose() => (inner as IDisposable)?.Dispose();
    }
}
