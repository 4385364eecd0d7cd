using Rag.Seams;

namespace Rag.Query;

/// <summary><see cref="IQuery"/> through the seam.</summary>
internal static class QueryContract
{
    // The first event, the citations, comes after retrieval; the text's times are generation's. Nothing can take this service's place, so a crowd that comes at once is waited for longer.
    private static readonly StreamCall<IQuery, AnswerRequest, AnswerEvent> Answer =
        new("Answer", static (s, r, stop) => s.AnswerAsync(r, stop), new CallPolicy { Cap = TimeSpan.FromSeconds(60), AcceptCap = TimeSpan.FromSeconds(2), GapCap = TimeSpan.FromSeconds(60), Retry = true });

    public static Contract<IQuery> Instance { get; } = new("query", seam => new Proxy(seam), Answer)
    {
        // Refused for its length: an answer would cost somebody's tokens.
        Rehearse = static async (service, stop) =>
        {
            await foreach (var _ in service.AnswerAsync(new AnswerRequest { Tenant = Rehearsal.Tenant, Question = "" }, stop).ConfigureAwait(false))
                break;
        },
    };

    private sealed class Proxy(Seam<IQuery> seam) : IQuery
    {
        public IAsyncEnumerable<AnswerEvent> AnswerAsync(AnswerRequest request, CancellationToken cancellationToken) => seam.StreamAsync(Answer, request, cancellationToken);
    }
}
