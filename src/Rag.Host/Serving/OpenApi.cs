using Microsoft.OpenApi;
using Rag.Gateway;

namespace Rag.Host.Serving;

/// <summary>The OpenAPI document, <c>/openapi/v1.json</c>: made from the routes, with what their handlers say about themselves (<see cref="Operation"/>).</summary>
internal static class OpenApi
{
    private const string KeyScheme = "api_key";

    private static readonly Dictionary<string, string> Tags = new()
    {
        ["Answers"] = "Questions and searches",
        ["Documents"] = "What answers are made from: upload, versions, status",
        ["OpenAI"] = "The same in OpenAI's words, for its clients",
        ["Operation"] = "Health, state and metrics, for those who run it",
        ["Administration"] = "Keys and injected faults; needs the admin key",
    };

    public static void AddRagOpenApi(this IServiceCollection services) => services.AddOpenApi("v1", options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Rag",
                Version = "v1",
                Description = "Documents in, answers with citations out. Every keyed response carries RateLimit and RateLimit-Policy; errors are problem details (RFC 9457), under /v1 in OpenAI's format.",
            };
            document.Servers = [new OpenApiServer { Url = "/", Description = "Where this document was served" }];
            foreach (var tag in document.Tags ?? new HashSet<OpenApiTag>())
                tag.Description = Tags.GetValueOrDefault(tag.Name ?? "");
            document.Components ??= new OpenApiComponents();
            document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                [KeyScheme] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "An API key; 'X-API-Key: KEY' is the same" },
            };
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            operation.Security = []; // said, not left out: no key is needed
            if (context.Description.ActionDescriptor.EndpointMetadata.OfType<Operation>().LastOrDefault() is { } notes)
                Describe(operation, notes, context.Document!);
            return Task.CompletedTask;
        });
    });

    public static void MapRagOpenApi(this IEndpointRouteBuilder endpoints) => endpoints.MapOpenApi("/openapi/{documentName}.json");

    private static void Describe(OpenApiOperation operation, Operation notes, OpenApiDocument document)
    {
        operation.Parameters = [.. notes.Parameters.Select(Parameter)];
        foreach (var header in notes.Headers)
            if (operation.Responses?.GetValueOrDefault($"{header.Status}") is OpenApiResponse response)
                (response.Headers ??= new Dictionary<string, IOpenApiHeader>())[header.Name] =
                    new OpenApiHeader { Description = header.Description, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
        if (notes.EventStream is { } events && operation.Responses?["200"] is OpenApiResponse { Content: { } content })
            content["text/event-stream"] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Description = events } };
        if (operation.RequestBody is OpenApiRequestBody { Content: { } any } && any.Remove("*/*", out var json)) // see Descriptions.Takes
            any["application/json"] = json;
        if (notes.FileForm && operation.RequestBody is OpenApiRequestBody { Content: { } bodies })
            bodies["multipart/form-data"] = new OpenApiMediaType { Schema = FileForm(named: notes.Parameters.Any(parameter => parameter.In == "path")) };
        if (notes.NeedsKey)
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(KeyScheme, document)] = [] }];
    }

    private static IOpenApiParameter Parameter(OperationParameter parameter) => new OpenApiParameter
    {
        Name = parameter.Name,
        Description = parameter.Description,
        In = parameter.In switch
        {
            "path" => ParameterLocation.Path,
            "header" => ParameterLocation.Header,
            _ => ParameterLocation.Query,
        },
        Required = parameter.In == "path",
        Schema = new OpenApiSchema { Type = parameter.IsInteger ? JsonSchemaType.Integer : JsonSchemaType.String },
    };

    // Where the path names the document the form doesn't: one name twice would be two parameters of one name in generated clients.
    private static OpenApiSchema FileForm(bool named)
    {
        var properties = new Dictionary<string, IOpenApiSchema>
        {
            ["file"] = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary", Description = "txt, md, html, pdf or docx" },
            ["title"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "Default: the file's name" },
            ["metadata"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "A JSON object of scalars" },
        };
        if (!named)
            properties["id"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "As in JSON" };
        return new OpenApiSchema { Type = JsonSchemaType.Object, Required = new HashSet<string> { "file" }, Properties = properties };
    }
}
