using Rag.Errors;

namespace Rag.Embedding;

/// <summary>
/// The embedding service while it has one model or two: a request that names a model is answered by that one or refused. Which model is behind which engine is
/// known from its last answer, so one whose server is down costs the other's callers nothing.
/// </summary>
/// <param name="current">The model of <c>embedding:*</c>.</param>
/// <param name="next">The model of <c>embedding:next:*</c>; null when none is configured.</param>
internal sealed class EmbeddingByModel(IEmbedding current, IEmbedding? next) : IEmbedding
{
    private EmbeddingModel? _current, _next;

    public async ValueTask<EmbeddingModel> DescribeAsync(CancellationToken cancellationToken)
    {
        var model = await current.DescribeAsync(cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _current, model);
        return model;
    }

    public async ValueTask<OfferedModels> ListAsync(CancellationToken cancellationToken)
    {
        var model = await DescribeAsync(cancellationToken).ConfigureAwait(false);
        return new OfferedModels(model, next is null ? null : await DescribeNextAsync(cancellationToken).ConfigureAwait(false));
    }

    public ValueTask<EmbedReply> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken) =>
        request.Model is { } wanted ? EmbedAsync(wanted, request, cancellationToken) : current.EmbedAsync(request, cancellationToken);

    private async ValueTask<EmbedReply> EmbedAsync(EmbeddingModel wanted, EmbedRequest request, CancellationToken cancellationToken)
    {
        var engine = Volatile.Read(ref _current) == wanted ? current
            : next is not null && Volatile.Read(ref _next) == wanted ? next
            : await FindAsync(wanted, cancellationToken).ConfigureAwait(false);
        var reply = await engine.EmbedAsync(request, cancellationToken).ConfigureAwait(false);
        if (reply.Model == wanted)
            return reply;
        // A folder or a server that has another model since: what it said is another model's.
        if (engine == current)
            Volatile.Write(ref _current, reply.Model);
        else
            Volatile.Write(ref _next, reply.Model);
        throw NotOffered(wanted, $"{reply.Model.Words} is there in its place");
    }

    private async ValueTask<IEmbedding> FindAsync(EmbeddingModel wanted, CancellationToken cancellationToken)
    {
        RagException? down = null;
        try
        {
            if (await DescribeAsync(cancellationToken).ConfigureAwait(false) == wanted)
                return current;
        }
        catch (RagException error) when (next is not null)
        {
            down = error; // the other may be the one that is wanted
        }

        if (next is not null && await DescribeNextAsync(cancellationToken).ConfigureAwait(false) == wanted)
            return next;
        throw down ?? NotOffered(wanted, $"offered {(next is null ? "is" : "are")} {_current?.Words}{(_next is null ? "" : $" and {_next.Words}")}");
    }

    private async ValueTask<EmbeddingModel> DescribeNextAsync(CancellationToken cancellationToken)
    {
        var model = await next!.DescribeAsync(cancellationToken).ConfigureAwait(false);
        Volatile.Write(ref _next, model);
        return model;
    }

    private static RagException NotOffered(EmbeddingModel wanted, string instead) => new(RagError.InvalidArgument,
        $"embedding: the model {wanted.Words} is not offered, {instead}; the index holds vectors of the one that is asked for: configure that one as embedding:* and the other as embedding:next:* (docs/models.md, Changing the model)");
}
