using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Rag.Documents;
using Rag.Errors;
using Rag.Filters;
using Rag.Identity;
using Rag.Identity.Usage;

namespace Rag.Gateway;

/// <summary><c>/documents</c>: a document's version is its entity tag.</summary>
internal sealed class DocumentEndpoints(IDocuments documents, GatewayOptions options)
{
    public async Task UploadAsync(HttpContext context, Caller caller, CancellationToken cancellationToken)
    {
        var upload = await DocumentUpload.ReadAsync(context, caller, options, cancellationToken).ConfigureAwait(false);
        await AcceptAsync(context, upload, cancellationToken).ConfigureAwait(false);
    }

    public async Task ReplaceAsync(HttpContext context, Caller caller, CancellationToken cancellationToken)
    {
        var id = Id(context);
        var ifVersion = EntityTags.IfMatch(context.Request.Headers, out var ifAny);
        var upload = await DocumentUpload.ReadAsync(context, caller, options, cancellationToken).ConfigureAwait(false);
        if (upload.Id is not null && upload.Id != id)
            throw new InvalidRequestException("/id", $"id: '{upload.Id}' is not the '{id}' of the path; leave it out");
        if (ifAny && await documents.GetStatusAsync(caller.Tenant, id, cancellationToken).ConfigureAwait(false) is null)
            throw Gone(id);
        try
        {
            await AcceptAsync(context, upload with { Id = id, IfVersion = ifVersion }, cancellationToken).ConfigureAwait(false);
        }
        catch (RagException error) when (error.Error == RagError.NotFound && ifVersion is not null)
        {
            throw Gone(id);
        }
    }

    public async Task GetAsync(HttpContext context, Caller caller, CancellationToken cancellationToken)
    {
        var id = Id(context);
        var document = await documents.GetAsync(caller.Tenant, id, cancellationToken).ConfigureAwait(false) ?? throw NotFound(id);
        context.Response.Headers.ETag = EntityTags.Of(document.Version);
        await Reply.LargeJsonAsync(context, DocumentAnswer.Of(document), GatewayJson.Wire.DocumentAnswer).ConfigureAwait(false);
    }

    public async Task GetStatusAsync(HttpContext context, Caller caller, CancellationToken cancellationToken)
    {
        var id = Id(context);
        var status = await documents.GetStatusAsync(caller.Tenant, id, cancellationToken).ConfigureAwait(false) ?? throw NotFound(id);
        context.Response.Headers.ETag = EntityTags.Of(status.Version);
        await Reply.JsonAsync(context, 200, StatusAnswer.Of(status), GatewayJson.Wire.StatusAnswer).ConfigureAwait(false);
    }

    public async Task DeleteAsync(HttpContext context, Caller caller, CancellationToken cancellationToken)
    {
        var id = Id(context);
        var ifVersion = EntityTags.IfMatch(context.Request.Headers, out _);
        if (!await documents.DeleteAsync(caller.Tenant, id, ifVersion, cancellationToken).ConfigureAwait(false))
            throw NotFound(id);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public async Task ListAsync(HttpContext context, Caller caller, CancellationToken cancellationToken)
    {
        var query = context.Request.Query;
        var problems = new List<FieldProblem>();
        var limit = 100;
        if (query["limit"].ToString() is { Length: > 0 } given
            && (!int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > 1000))
            problems.Add(new FieldProblem("limit", "limit: expected a whole number from 1 to 1000"));
        MetadataFilter? filter = null;
        try
        {
            if (query["filter"].ToString() is { Length: > 0 } json)
                using (var parsed = JsonBody.Parse(Encoding.UTF8.GetBytes(json)))
                    filter = MetadataFilter.Parse(parsed.RootElement);
        }
        catch (RagException error)
        {
            problems.Add(new FieldProblem("filter", error.Message));
        }
        catch (InvalidRequestException error)
        {
            problems.Add(new FieldProblem("filter", error.Message.Replace("body:", "filter:", StringComparison.Ordinal)));
        }

        foreach (var name in query.Keys.Where(name => name is not ("limit" or "filter" or "after")))
            problems.Add(new FieldProblem(name, $"{name}: unknown parameter; known are limit, after, filter"));
        if (problems.Count > 0)
            throw new InvalidRequestException(problems);

        var after = query["after"].ToString();
        var page = await documents.ListAsync(
            new ListDocuments(caller.Tenant, filter, after.Length > 0 ? after : null, limit), cancellationToken).ConfigureAwait(false);
        var answer = new DocumentsAnswer([.. page.Documents.Select(DocumentAnswer.Of)], page.Next);
        await Reply.LargeJsonAsync(context, answer, GatewayJson.Wire.DocumentsAnswer).ConfigureAwait(false);
    }

    private async Task AcceptAsync(HttpContext context, PutDocument upload, CancellationToken cancellationToken)
    {
        var accepted = await documents.PutAsync(upload, cancellationToken).ConfigureAwait(false);
        RequestCourse.Of(context).Uses(new UsageAmounts { Documents = 1, Bytes = upload.Content.Length });
        context.Response.Headers.Location = $"/documents/{Uri.EscapeDataString(accepted.DocumentId)}";
        context.Response.Headers.ETag = EntityTags.Of(accepted.Version);
        var missing = RequestCourse.Of(context).Missing(accepted.Degraded);
        var answer = new AcceptedAnswer(accepted.DocumentId, accepted.Version, accepted.Status, missing.Count > 0 ? missing : null);
        await Reply.JsonAsync(context, 202, answer, GatewayJson.Wire.AcceptedAnswer).ConfigureAwait(false);
    }

    private static string Id(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        return DocumentUpload.IsId(id) ? id : throw new InvalidRequestException("id", DocumentUpload.IdRule(id));
    }

    private static RagException NotFound(string id) => new(RagError.NotFound, $"there is no document '{id}'");

    private static RagException Gone(string id) => new(RagError.VersionConflict, $"there is no document '{id}', so If-Match can't hold");
}

/// <summary>Versions as entity tags (RFC 9110, 8.8.3).</summary>
internal static class EntityTags
{
    public static string Of(int version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    /// <summary>The version that <c>If-Match</c> names, or null without the header or with <c>*</c>.</summary>
    public static int? IfMatch(IHeaderDictionary headers, out bool any)
    {
        var given = headers.IfMatch.ToString();
        any = given.Trim() == "*";
        if (given.Length == 0 || any)
            return null;
        // A weak tag never matches (RFC 9110, 13.1.1); what is no version of ours can't match either.
        if (EntityTagHeaderValue.TryParse(given, out var tag) && !tag.IsWeak
            && int.TryParse(tag.Tag.AsSpan().Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > 0)
            return version;
        throw new RagException(RagError.VersionConflict, $"If-Match {given} names no version; give the ETag of the document, such as \"3\"");
    }
}
