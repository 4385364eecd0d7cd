using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Rag.Gateway.Metering;

namespace Rag.Gateway;

/// <summary>The list of the public API's operations: path, handler, description. The only one: routing and the OpenAPI document both come from it.</summary>
internal sealed class GatewayRoutes(IEndpointRouteBuilder endpoints, Gate gate, GatewayOptions options)
{
    private static readonly OperationParameter IdParameter = new("id", "path", "The document's id");

    private static readonly OperationParameter IfMatch = new(
        "If-Match", "header", "Only if this is the newest version, such as \"3\" (the ETag); otherwise 412");

    private static readonly OperationHeader Degraded = new(200, "X-Degraded", "Parts that were missing, as far as known when headers left; absent when none was");

    private static readonly OperationParameter[] UsageParameters =
    [
        new("from", "query", "The first day (UTC), such as 2026-03-01; default 29 days before the last"), new("to", "query", "The last day (UTC); default today"),
        new("limit", "query", "1–10,000 lines, default 1000", IsInteger: true), new("after", "query", "The 'next' of the page before"),
    ];

    private static readonly int[] BodyErrors = [400, 413, 415];

    public void Map(IServiceProvider services)
    {
        var query = services.GetRequiredService<QueryEndpoints>();
        Keyed("POST", "/query", Face.Rag, Work.Answer, options.AnswerTime, query.QueryAsync, "Answer a question from the documents, with citations", [.. BodyErrors, 504])
            .Takes<QueryBody>().Gives<QueryAnswer>(200)
            .WithMetadata(Notes(headers: [Degraded], eventStream: "With \"stream\": true: events 'citations' {citations}, 'token' {text} each, 'usage' {usage, timings, degraded, model}, 'done' {finish_reason}; or 'error' (a problem), after which nothing follows"));
        Keyed("POST", "/search", Face.Rag, Work.Short, options.RequestTime, query.SearchAsync, "Find chunks by words and meaning", BodyErrors)
            .Takes<SearchBody>().Gives<SearchAnswer>(200).WithMetadata(Notes(headers: [Degraded]));

        MapDocuments(services.GetRequiredService<DocumentEndpoints>());
        MapOpenAi(services.GetRequiredService<ChatEndpoint>(), services.GetRequiredService<ModelEndpoints>());
        Keyed("GET", "/usage", Face.Rag, Work.Short, options.RequestTime, services.GetRequiredService<UsageEndpoints>().OwnAsync, "What the user has used, by day, key and operation; counts against no quota", [400])
            .Gives<UsageAnswer>(200).WithMetadata(Notes(UsageParameters));
        MapWatching(services.GetRequiredService<StatusEndpoints>());

        if (options.AdminKey is not null)
            MapAdministration(services.GetRequiredService<AdminEndpoints>(), services.GetRequiredService<FaultEndpoints>());
    }

    private void MapAdministration(AdminEndpoints admin, FaultEndpoints faults)
    {
        Admin("POST", "/admin/keys", admin.IssueAsync, "Issue API keys; needs the admin key, and is absent without one", 400)
            .Takes<IssueKeysBody>().Gives<IssuedKeysAnswer>(200).WithMetadata(Notes());
        Admin("GET", "/admin/usage", admin.UsageAsync, "What all users have used, by day, tenant, user, key and operation; needs the admin key", 400)
            .Gives<UsageAnswer>(200).WithMetadata(Notes([.. UsageParameters, new("tenant", "query", "Of one tenant alone"), new("user", "query", "Of one user alone")]));
        Admin("POST", "/admin/faults", faults.ApplyAsync, "Inject a fault into a service for a while; needs the admin key", 400)
            .Takes<FaultBody>().Gives<FaultItem>(201).WithMetadata(Notes(headers: [new(201, "Location", "The fault, to end it early")]));
        Admin("GET", "/admin/faults", faults.ListAsync, "List the faults that are active; needs the admin key").Gives<FaultsAnswer>(200).WithMetadata(Notes());
        Admin("DELETE", "/admin/faults/{id}", faults.EndAsync, "End a fault before its time; needs the admin key", 404)
            .WithMetadata(new ProducesResponseTypeMetadata(204, typeof(void), []))
            .WithMetadata(Notes([new OperationParameter("id", "path", "The fault's id")]));
        Admin("DELETE", "/admin/faults", faults.EndAllAsync, "End all faults; needs the admin key")
            .WithMetadata(new ProducesResponseTypeMetadata(204, typeof(void), [])).WithMetadata(Notes());
    }

    private void MapDocuments(DocumentEndpoints documents)
    {
        OperationHeader[] accepted = [new(202, "Location", "The document"), new(202, "ETag", "Its version"), Degraded with { Status = 202 }];
        Keyed("POST", "/documents", Face.Rag, Work.Upload, options.RequestTime, documents.UploadAsync, "Store a document: durable when acknowledged, searchable soon after", BodyErrors)
            .Takes<DocumentBody>().Gives<AcceptedAnswer>(202)
            .WithMetadata(Notes(headers: accepted) with { FileForm = true });
        Keyed("GET", "/documents", Face.Rag, Work.Short, options.RequestTime, documents.ListAsync, "List documents in the order of their ids", [400])
            .Gives<DocumentsAnswer>(200)
            .WithMetadata(Notes([
                new("limit", "query", "1–1000, default 100", IsInteger: true), new("after", "query", "The 'next' of the page before"),
                new("filter", "query", "Conditions on metadata, as JSON"),
            ]));
        Keyed("GET", "/documents/{id}", Face.Rag, Work.Short, options.RequestTime, documents.GetAsync, "Read a document's newest version", [400, 404])
            .Gives<DocumentAnswer>(200).WithMetadata(Notes([IdParameter], [new(200, "ETag", "Its version")]));
        Keyed("PUT", "/documents/{id}", Face.Rag, Work.Upload, options.RequestTime, documents.ReplaceAsync, "Store a document's next version", [.. BodyErrors, 412])
            .Takes<DocumentBody>().Gives<AcceptedAnswer>(202)
            .WithMetadata(Notes([IdParameter, IfMatch], accepted) with { FileForm = true });
        Keyed("DELETE", "/documents/{id}", Face.Rag, Work.Short, options.RequestTime, documents.DeleteAsync, "Delete a document", [400, 404, 412])
            .WithMetadata(new ProducesResponseTypeMetadata(204, typeof(void), [])).WithMetadata(Notes([IdParameter, IfMatch]));
        Keyed("GET", "/documents/{id}/status", Face.Rag, Work.Short, options.RequestTime, documents.GetStatusAsync, "Whether a document's newest version is searchable yet", [400, 404])
            .Gives<StatusAnswer>(200).WithMetadata(Notes([IdParameter], [new(200, "ETag", "Its version")]));
    }

    private void MapOpenAi(ChatEndpoint chat, ModelEndpoints models)
    {
        Keyed("POST", "/v1/chat/completions", Face.OpenAi, Work.Answer, options.AnswerTime, chat.CompleteAsync, "Answer in OpenAI's chat format", [.. BodyErrors, 504])
            .Takes<ChatBody>().Gives<ChatAnswer>(200)
            .WithMetadata(Notes(headers: [Degraded], eventStream: "With \"stream\": true: chat.completion.chunk events (the first carries 'citations'), the usage when stream_options.include_usage asks for it, then [DONE]"));
        Keyed("POST", "/v1/embeddings", Face.OpenAi, Work.Short, options.RequestTime, models.EmbedAsync, "Embed texts in OpenAI's format", [.. BodyErrors, 404])
            .Takes<EmbeddingsBody>().Gives<EmbeddingsAnswer>(200).WithMetadata(Notes());
        Keyed("GET", "/v1/models", Face.OpenAi, Work.Short, options.RequestTime, models.ListAsync, "List models", [])
            .Gives<ModelsAnswer>(200).WithMetadata(Notes());
        Keyed("GET", "/v1/models/{model}", Face.OpenAi, Work.Short, options.RequestTime, models.GetAsync, "Describe a model", [404])
            .Gives<ModelItem>(200).WithMetadata(Notes([new("model", "path", "The model's id")]));
    }

    private void MapWatching(StatusEndpoints status)
    {
        Plain("GET", "/health/live", status.LiveAsync, "Whether the process answers").Gives<Health>(200);
        Plain("GET", "/health/ready", status.ReadyAsync, "Whether every service of this process has loaded; services elsewhere do not count").Gives<Health>(200).Gives<Health>(503);
        Plain("GET", "/status", Gate.Open(status.StatusAsync), "What is hosted, versions, queue depth, index size")
            .Gives<SystemStatus>(200);
    }

    private IEndpointConventionBuilder Keyed(
        string method, string route, Face face, Work work, TimeSpan allowed, CallerHandler handler, string summary, int[] errors)
    {
        var endpoint = Plain(method, route, gate.Guard(method, route, face, work, allowed, OperationOf(method, route), handler), summary);
        int[] common = [401, 429, 503];
        foreach (var status in errors.Concat(common).Order())
            if (face == Face.OpenAi)
                endpoint.Gives<OpenAiError>(status);
            else
                endpoint.Gives<Problem>(status, "application/problem+json");
        return endpoint;
    }

    private IEndpointConventionBuilder Admin(string method, string route, RequestDelegate handler, string summary, params int[] errors)
    {
        var endpoint = Plain(method, route, handler, summary);
        foreach (var status in errors.Append(401).Order())
            endpoint.Gives<Problem>(status, "application/problem+json");
        return endpoint;
    }

    private IEndpointConventionBuilder Plain(string method, string route, RequestDelegate handler, string summary) =>
        endpoints.MapMethods(route, [method], handler)
            // The API explorer, and with it the OpenAPI document, lists endpoints that have a method only.
            .WithMetadata(handler.Method, new EndpointSummaryAttribute(summary), new TagsAttribute(Tag(route)), new EndpointNameMetadata(OperationId(method, route)));

    /// <summary>What a request counts as; null for one that counts as nothing.</summary>
    private static string? OperationOf(string method, string route) => (method, route.Split('/')[^1]) switch
    {
        (_, "usage") => null,
        (_, "completions") => "chat",
        (_, "query" or "search" or "embeddings") => route.Split('/')[^1],
        ("GET", _) when route.StartsWith("/v1/", StringComparison.Ordinal) => "models",
        ("GET", _) => "read",
        ("DELETE", _) => "delete",
        _ => "upload",
    };

    private static string Tag(string route) => route.Split('/')[1] switch
    {
        "v1" => "OpenAI",
        "documents" => "Documents",
        "query" or "search" => "Answers",
        "admin" => "Administration",
        _ => "Operation",
    };

    // GET /documents/{id}/status → get_documents_id_status
    private static string OperationId(string method, string route) =>
        method.ToLowerInvariant() + route.Replace('/', '_').Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal).Replace('.', '_');

    private static Operation Notes(
        IReadOnlyList<OperationParameter>? parameters = null, IReadOnlyList<OperationHeader>? headers = null, string? eventStream = null) =>
        new(true, parameters ?? [], headers ?? [], eventStream);
}

/// <summary>Descriptions for the OpenAPI document, for handlers that read and write by themselves.</summary>
internal static class Descriptions
{
    public static IEndpointConventionBuilder Takes<T>(this IEndpointConventionBuilder endpoint) =>
        // Described, not enforced: routing would answer another content type with a bare 415 before the gate could say what is supported.
        endpoint.WithMetadata(new AcceptsMetadata(["*/*"], typeof(T)));

    public static IEndpointConventionBuilder Gives<T>(this IEndpointConventionBuilder endpoint, int status, string contentType = "application/json") =>
        endpoint.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(T), [contentType]));
}
