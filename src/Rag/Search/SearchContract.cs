using Rag.Seams;

namespace Rag.Search;

/// <summary><see cref="ISearch"/> through the seam.</summary>
internal static class SearchContract
{
    // Its parts have caps of their own that add up to less; past this one search itself is the part that is ill.
    private static readonly UnaryCall<ISearch, SearchRequest, SearchReply> Search =
        new("Search", static (s, r, stop) => s.SearchAsync(r, stop), new CallPolicy { Cap = TimeSpan.FromSeconds(2), Retry = true });

    public static Contract<ISearch> Instance { get; } = new("search", seam => new Proxy(seam), Search)
    {
        Rehearse = static async (service, stop) => await service.SearchAsync(new SearchRequest(Rehearsal.Tenant, Rehearsal.Text, 5, null), stop).ConfigureAwait(false),
    };

    private sealed class Proxy(Seam<ISearch> seam) : ISearch
    {
        public ValueTask<SearchReply> SearchAsync(SearchRequest request, CancellationToken cancellationToken) => seam.CallAsync(Search, request, cancellationToken);
    }
}
