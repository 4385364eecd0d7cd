using Microsoft.AspNetCore.Http;
using Rag.Identity;
using Rag.Query;
using Rag.Search;

namespace Rag.Gateway;

/// <summary><c>POST /query</c> and <c>POST /search</c>.</summary>
internal sealed class QueryEndpoints(IQuery query, ISearch search, GatewayOptions options)
{
    public async Task QueryAsync(HttpContext context, Caller caller, CancellationToken cancellationToken)
    {
        var (request, stream) = await ReadAsync(context, caller, cancellationToken).ConfigureAwait(false);
        if (stream)
        {
            await AnswerStream.WriteAsync(context, query.AnswerAsync(request, cancellationToken), new RagEvents(context), cancellationToken).ConfigureAwait(false);
            return;
        }

        var (citations, text, end) = await WholeAnswer.ReadAsync(context, query.AnswerAsync(request, cancellationToken), cancellationToken).ConfigureAwait(false);
        var answer = new QueryAnswer(
            text, Citation.Of(citations), new UsageCounts(end.PromptTokens, end.CompletionTokens), Timings.Of(end.Timings), end.Degraded, end.Model);
        await Reply.JsonAsync(context, 200, answer, GatewayJson.Wire.QueryAnswer).ConfigureAwait(false);
    }

    public async Task SearchAsync(HttpContext context, Caller caller, CancellationToken cancellationToken)
    {
        SearchRequest request;
        using (var body = await JsonBody.ReadAsync(context, options.JsonBytes, cancellationToken).ConfigureAwait(false))
        {
            var fields = new JsonFields(body.RootElement);
            var text = fields.Text("query", 1, 8192, required: true);
            var topK = fields.Whole("top_k", 1, 1000) ?? 10;
            var filter = fields.Filter("filter");
            fields.End(strict: true);
            request = new SearchRequest(caller.Tenant, text!, topK, filter);
        }

        var reply = await search.SearchAsync(request, cancellationToken).ConfigureAwait(false);
        var answer = new SearchAnswer(Citation.Of(reply.Results), RequestCourse.Of(context).Missing(reply.Degraded));
        await (reply.Results.Count <= 50
            ? Reply.JsonAsync(context, 200, answer, GatewayJson.Wire.SearchAnswer)
            : Reply.LargeJsonAsync(context, answer, GatewayJson.Wire.SearchAnswer)).ConfigureAwait(false);
    }

    private async ValueTask<(AnswerRequest Request, bool Stream)> ReadAsync(HttpContext context, Caller caller, CancellationToken cancellationToken)
    {
        using var body = await JsonBody.ReadAsync(context, options.JsonBytes, cancellationToken).ConfigureAwait(false);
        var fields = new JsonFields(body.RootElement);
        var question = fields.Text("query", 1, 8192, required: true);
        var topK = fields.Whole("top_k", 1, 50) ?? 5;
        var stream = fields.Flag("stream");
        var filter = fields.Filter("filter");
        var maxTokens = fields.Whole("max_tokens", 1, 32768);
        var temperature = fields.Number("temperature", 0, 2);
        fields.End(strict: true);
        return (new AnswerRequest
        {
            Tenant = caller.Tenant,
            Question = question!,
            TopK = topK,
            Filter = filter,
            MaxTokens = maxTokens,
            Temperature = temperature,
        }, stream);
    }
}
