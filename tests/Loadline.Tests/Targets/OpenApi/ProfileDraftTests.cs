using Loadline.Plans.Reading;
using Loadline.Targets;
using Loadline.Targets.OpenApi;
using Loadline.Tests.Plans;
using Loadline.Verdicts;
using Xunit;

namespace Loadline.Tests.Targets.OpenApi;

public class ProfileDraftTests
{
    /// <summary>As FastAPI writes it.</summary>
    internal const string Json = """
        {"openapi": "3.0.2", "info": {"title": "Ships Q&A", "version": "1"}, "paths": {
          "/ask": {"post": {"summary": "Ask a question", "operationId": "ask_ask_post",
            "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Question"}}}, "required": true},
            "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}}, "422": {"description": "Validation Error"}}}},
          "/documents": {"post": {"summary": "Upload", "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Document"}}}},
            "responses": {"202": {"content": {"application/json": {"schema": {"type": "object", "properties": {"document_id": {"type": "string"}, "job_id": {"type": "string"}}}}}}}}},
          "/jobs/{job_id}": {"get": {"summary": "Job status", "parameters": [{"name": "job_id", "in": "path", "required": true, "schema": {"type": "string"}}],
            "responses": {"200": {"content": {"application/json": {"schema": {"properties": {"status": {"enum": ["pending", "processed", "failed"]}}}}}}}}},
          "/search": {"get": {"parameters": [{"name": "q", "in": "query", "required": true, "schema": {"type": "string"}}, {"name": "limit", "in": "query", "schema": {"type": "integer"}}],
            "responses": {"200": {"content": {"application/json": {"schema": {"type": "array", "items": {"properties": {"document_id": {"type": "string"}, "score": {"type": "number"}}}}}}}}}},
          "/ask/feedback": {"post": {"requestBody": {"content": {"application/json": {"schema": {"properties": {"message": {"type": "string"}}}}}}, "responses": {}}},
          "/healthz": {"get": {"responses": {"200": {}}}}},
         "components": {
          "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}},
          "schemas": {
           "Question": {"type": "object", "required": ["question", "tenant"], "properties": {"question": {"type": "string"}, "top_k": {"type": "integer", "default": 5}, "tenant": {"type": "string"}, "stream": {"type": "boolean"}, "lang": {"type": "string"}}},
           "Answer": {"type": "object", "properties": {"reply": {"type": "string"}, "sources": {"type": "array", "items": {"$ref": "#/components/schemas/Source"}}, "usage": {"type": "object", "properties": {"completion_tokens": {"type": "integer"}}}}},
           "Source": {"type": "object", "properties": {"title": {"type": "string"}, "document": {"type": "object", "properties": {"id": {"type": "string"}}}}},
           "Document": {"allOf": [{"properties": {"text": {"type": "string"}}, "required": ["text"]}, {"properties": {"title": {"anyOf": [{"type": "null"}, {"type": "string"}]}, "id": {"type": "string"}}}]}}}}
        """;

    /// <summary>As people write it: collections, a form, a query that is only streamed.</summary>
    internal const string Yaml = """
        openapi: 3.1.0
        info: { title: Knowledge, version: '2' }
        servers: [ { url: 'https://rag.example.org/api' } ]
        paths:
          /v1/{collection}/query:
            post:
              summary: Query a collection
              requestBody:
                content:
                  application/json:
                    schema:
                      type: object
                      required: [messages]
                      properties:
                        messages:
                          type: array
                          items: { type: object, properties: { role: { type: string }, content: { type: string } } }
              responses:
                '200':
                  content:
                    text/event-stream: {}
          /v1/{collection}/files:
            post:
              requestBody:
                content:
                  multipart/form-data:
                    schema:
                      type: object
                      required: [file, tag]
                      properties:
                        file: { type: string, contentMediaType: application/octet-stream }
                        tag: { type: string, example: test }
              responses: { '200': { content: { application/json: { schema: { type: object, properties: { id: { type: string } } } } } } }
        components:
          securitySchemes: { token: { type: http, scheme: bearer } }
        """;

    [Fact]
    public void A_fastapi_description_becomes_a_profile_that_reads()
    {
        var draft = Draft(Json);
        var profile = TargetProfileReader.Read(draft.Yaml);
        Assert.Equal("ships-q-a", profile.Name);
        Assert.Equal("X-API-Key", profile.Auth!.Header);
        Assert.Equal(["query", "upload", "search", "status"], profile.Operations.Keys);
        var query = profile.Operations["query"];
        Assert.Equal("/ask", query.Request.Path.Source);
        Assert.Equal("{\"question\": \"why?\", \"top_k\": 5, \"tenant\": \"\", \"stream\": false}", query.Request.Body!.Fill(new TemplateValues { Question = "why?" }));
        Assert.Equal([(AnswerPart.Required, "$.reply"), (AnswerPart.Citation, "$.sources[*].document.id"), (AnswerPart.Tokens, "$.usage.completion_tokens")], query.Answer.Rules.Select(rule => (rule.Part, rule.Path.Source)));
        var upload = profile.Upload!;
        Assert.Equal("{\"text\": \"x\", \"title\": \"t\", \"id\": \"d\"}", upload.Request.Body!.Fill(new TemplateValues { DocumentText = "x", DocumentTitle = "t", DocumentId = "d" }));
        Assert.Equal([(AnswerPart.DocumentId, "$.document_id"), (AnswerPart.DocumentHandle, "$.job_id")], upload.Answer.Rules.Select(rule => (rule.Part, rule.Path.Source)));
        Assert.Equal("/jobs/{{document.handle}}", upload.Searchable!.Poll.Request.Path.Source);
        Assert.Equal(["processed"], upload.Searchable.Done);
        Assert.Equal(["failed"], upload.Searchable.Failed);
        Assert.Equal("/search?q=a%20b&limit=5", profile.Operations["search"].Request.Path.Fill(new TemplateValues { Question = "a b" }));
        Assert.Equal("/healthz", profile.Operations["status"].Request.Path.Source);
    }

    [Fact]
    public void What_was_guessed_or_could_not_be_told_is_said()
    {
        var draft = Draft(Json);
        Assert.Contains("url: where the service is", draft.Open);
        Assert.Contains(draft.Open, open => open.Contains("'tenant' is required: what it should hold is not known", StringComparison.Ordinal));
        Assert.Contains(draft.Open, open => open.Contains("seems to stream", StringComparison.Ordinal));
        Assert.Contains("# not known: the description names no server", draft.Yaml);
        Assert.Contains("#     {\"question\": {{question}}, \"top_k\": {{top_k}}, \"tenant\": \"\", \"stream\": true}", draft.Yaml);
    }

    [Fact]
    public void A_stream_is_guessed_to_name_its_parts_as_the_whole_answer_does()
    {
        var draft = Draft(Json).Yaml;
        Assert.Contains("    #   citations: \"$.sources[*].document.id\" ", draft);
        Assert.Contains("    #   tokens: \"$.usage.completion_tokens\" ", draft);
    }

    [Fact]
    public void A_second_search_is_no_second_question()
    {
        var twice = Json.Replace("\"/ask/feedback\"", "\"/search/passages\"", StringComparison.Ordinal).Replace("{\"message\": {\"type\": \"string\"}}", "{\"query\": {\"type\": \"string\"}}", StringComparison.Ordinal);
        Assert.DoesNotContain("looks like one too", Draft(twice).Yaml);
        Assert.Contains("POST /chat looks like one too", Draft(twice.Replace("/search/passages", "/chat", StringComparison.Ordinal)).Yaml);
    }

    [Theory]
    [InlineData("", "http://127.0.0.1:8123/", null)]
    [InlineData("/api/v1", "http://127.0.0.1:8123/api/v1", null)]
    [InlineData("https://rag.example.org/api", "https://rag.example.org/api", "url: the description names https://rag.example.org, and it came from http://127.0.0.1:8123: which of them is to be loaded?")]
    public void A_description_that_names_no_host_is_of_the_service_that_gave_it(string server, string url, string? open)
    {
        var json = server.Length == 0 ? Json : Json.Replace("\"paths\"", $"\"servers\": [{{\"url\": \"{server}\"}}], \"paths\"", StringComparison.Ordinal);
        var draft = ProfileDraft.Of(OpenApiDocument.Read(json, "openapi.json"), "openapi.json", null, new Uri("http://127.0.0.1:8123/docs/openapi.json"));
        Assert.Equal(new Uri(url), TargetProfileReader.Read(draft.Yaml).Url);
        Assert.Equal(open is null ? [] : [open], draft.Open.Where(line => line.StartsWith("url:", StringComparison.Ordinal)));
    }

    [Fact]
    public void Yaml_forms_collections_and_chats_are_understood()
    {
        var profile = TargetProfileReader.Read(Draft(Yaml).Yaml);
        Assert.Equal(new Uri("https://rag.example.org/api"), profile.Url);
        Assert.Equal("/v1/{{collection}}/query", profile.Operations["query"].Request.Path.Source);
        Assert.Equal("{\"messages\": [{\"role\": \"user\", \"content\": \"why?\"}]}", profile.Operations["query"].Request.Body!.Fill(new TemplateValues { Question = "why?" }));
        Assert.StartsWith("multipart/form-data", profile.Upload!.Request.ContentType);
        var form = profile.Upload.Request.Body!.Fill(new TemplateValues { DocumentText = "words", DocumentId = "d1" });
        Assert.Contains("name=\"file\"; filename=\"d1.txt\"\r\nContent-Type: text/plain\r\n\r\nwords\r\n", form);
        Assert.Contains("name=\"tag\"\r\n\r\ntest\r\n", form);
        Assert.Equal(new VariableSource.Literal(new VariableValue("default")), profile.Variables["collection"]);
        Assert.Equal("Authorization", profile.Auth!.Header);
    }

    [Fact]
    public void Our_own_description_is_understood()
    {
        var profile = TargetProfileReader.Read(Draft(Repository.Text("docs/openapi.json")).Yaml);
        Assert.Equal("/query", profile.Operations["query"].Request.Path.Source);
        Assert.Equal("/documents", profile.Upload!.Request.Path.Source);
        Assert.Equal("/search", profile.Operations["search"].Request.Path.Source);
        Assert.Equal("/documents/{{document.id}}/status", profile.Upload.Searchable!.Poll.Request.Path.Source);
    }

    [Theory]
    [InlineData("{}", "is missing, so this is no OpenAPI description")]
    [InlineData("swagger: '2.0'\npaths: {}", "is Swagger 2, and OpenAPI 3 is read")]
    [InlineData("{\"openapi\": \"3.0.0\"}", "paths: is missing or empty")]
    [InlineData("{\"openapi\": \"4.0.0\", \"paths\": {}}", "is not a version that is read")]
    [InlineData("[1]", "is not an object")]
    [InlineData("{", "is not JSON")]
    [InlineData("a: [", "is not YAML")]
    public void What_is_no_description_is_said(string text, string message) =>
        Assert.Contains(message, Assert.Throws<TargetProfileException>(() => OpenApiDocument.Read(text, "openapi.json")).Message);

    [Fact]
    public void A_description_without_anything_to_load_is_said() =>
        Assert.Contains("none looks like a question", Assert.Throws<TargetProfileException>(() => Draft("{\"openapi\":\"3.0.0\",\"paths\":{\"/invoices\":{\"delete\":{}}}}")).Message);

    [Fact]
    public void A_schema_that_refers_to_itself_ends()
    {
        const string circle = """
            {"openapi":"3.0.0","paths":{"/query":{"post":{"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/A"}}}},
             "responses":{"200":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/A"}}}}}}}},
             "components":{"schemas":{"A":{"required":["child","query"],"properties":{"query":{"type":"string"},"child":{"$ref":"#/components/schemas/A"},"list":{"type":"array","items":{"$ref":"#/components/schemas/A"}}},"allOf":[{"$ref":"#/components/schemas/A"}]},
             "B":{"$ref":"#/components/schemas/B"}}}}
            """;
        Assert.True(TargetProfileReader.Read(Draft(circle).Yaml).Operations["query"].Asks);
    }

    [Theory]
    [InlineData("fastapi")]
    [InlineData("openai-embeddings")]
    [InlineData("ragflow")]
    public void The_first_plan_has_what_the_profile_can_do(string name)
    {
        var profile = Speakers.Speaker.ProfileOf(name);
        var reading = PlanReader.Read(FirstPlan.For(profile, "target.yaml"), "plan.yaml", objectives: new ObjectiveRules(), operationsOf: _ => [.. profile.Operations.Keys]);
        Assert.Empty(reading.Problems);
        Assert.Equal(profile.Upload is null ? 0 : 50, reading.Plan!.Data.Documents);
    }

    private static ProfileDraft Draft(string text) => ProfileDraft.Of(OpenApiDocument.Read(text, "openapi.json"), "openapi.json");
}
