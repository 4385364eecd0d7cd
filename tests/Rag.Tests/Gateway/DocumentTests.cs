using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Rag.Documents;
using Rag.Errors;
using Rag.Filters;
using Xunit;

namespace Rag.Tests.Gateway;

public class DocumentTests
{
    private const string Upload = """{"id":"a:1","title":"Tides","text":"The moon.","metadata":{"topic":"sea","year":2010,"open":true}}""";

    [Fact]
    public async Task An_upload_is_accepted_with_its_place_and_version_and_can_be_read()
    {
        await using var server = await GatewayServer.StartAsync();
        using var response = await server.Http.PostAsync("/documents", GatewayServer.Json(Upload));
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("/documents/a%3A1", response.Headers.Location?.OriginalString);
        Assert.Equal("\"1\"", response.Headers.ETag?.Tag);
        Assert.Equal("""{"document_id":"a:1","version":1,"status":"queued"}""", await response.Content.ReadAsStringAsync());

        using var read = await server.Http.GetAsync(response.Headers.Location);
        Assert.Equal("\"1\"", read.Headers.ETag?.Tag);
        var document = await read.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("The moon.", document.GetProperty("text").GetString());
        Assert.Equal("dev", document.GetProperty("uploaded_by").GetString());
        Assert.Equal("""{"topic":"sea","year":2010,"open":true}""", document.GetProperty("metadata").GetRawText());
    }

    [Fact]
    public async Task A_status_tells_state_reason_and_times()
    {
        await using var server = await GatewayServer.StartAsync();
        (await server.Http.PostAsync("/documents", GatewayServer.Json(Upload))).Dispose();
        var status = await server.Http.GetFromJsonAsync<JsonElement>("/documents/a:1/status");
        Assert.Equal("failed", status.GetProperty("status").GetString());
        Assert.Equal("it is a picture", status.GetProperty("reason").GetString());
        Assert.True(status.TryGetProperty("failed_at", out _));
        Assert.False(status.TryGetProperty("searchable_at", out _)); // never reached
    }

    [Theory]
    [InlineData(null, 202, 2)]
    [InlineData("\"1\"", 202, 2)]
    [InlineData("*", 202, 2)]
    [InlineData("\"2\"", 412, 0)]
    [InlineData("W/\"1\"", 412, 0)]
    [InlineData("\"abc\"", 412, 0)]
    public async Task A_replacement_may_ask_for_a_version(string? ifMatch, int status, int version)
    {
        await using var server = await GatewayServer.StartAsync();
        (await server.Http.PostAsync("/documents", GatewayServer.Json(Upload))).Dispose();
        var request = new HttpRequestMessage(HttpMethod.Put, "/documents/a:1") { Content = GatewayServer.Json("""{"text":"The sun."}""") };
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        using var response = await server.Http.SendAsync(request);
        Assert.Equal(status, (int)response.StatusCode);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>();
        if (status == 202)
            Assert.Equal(version, body.GetProperty("version").GetInt32());
        else
            Assert.Equal("version_conflict", body.GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("\"1\"")]
    [InlineData("*")]
    public async Task A_replacement_of_what_is_not_there_can_not_match(string ifMatch)
    {
        await using var server = await GatewayServer.StartAsync();
        var request = new HttpRequestMessage(HttpMethod.Put, "/documents/none") { Content = GatewayServer.Json("""{"text":"x"}""") };
        request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        using var response = await server.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.PreconditionFailed, response.StatusCode);
    }

    [Fact]
    public async Task A_deleted_document_is_gone()
    {
        await using var server = await GatewayServer.StartAsync();
        (await server.Http.PostAsync("/documents", GatewayServer.Json(Upload))).Dispose();
        Assert.Equal(HttpStatusCode.NoContent, (await server.Http.DeleteAsync("/documents/a:1")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await server.Http.DeleteAsync("/documents/a:1")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await server.Http.GetAsync("/documents/a:1")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await server.Http.GetAsync("/documents/a:1/status")).StatusCode);
    }

    [Fact]
    public async Task Tenants_never_see_each_others_documents()
    {
        await using var server = await GatewayServer.StartAsync();
        using var acme = server.Client(await server.KeyAsync("ann", "acme"));
        (await server.Http.PostAsync("/documents", GatewayServer.Json(Upload))).Dispose();
        Assert.Equal(HttpStatusCode.NotFound, (await acme.GetAsync("/documents/a:1")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await acme.GetAsync("/documents/a:1/status")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await acme.DeleteAsync("/documents/a:1")).StatusCode);
        Assert.Equal(0, (await acme.GetFromJsonAsync<JsonElement>("/documents")).GetProperty("documents").GetArrayLength());
        using var same = await acme.PostAsync("/documents", GatewayServer.Json(Upload));
        Assert.Contains("\"version\":1", await same.Content.ReadAsStringAsync()); // an id of its own
    }

    [Fact]
    public async Task Listings_come_in_pages_and_can_be_filtered()
    {
        await using var server = await GatewayServer.StartAsync();
        foreach (var (id, topic) in new[] { ("a", "sea"), ("b", "sky"), ("c", "sea") })
            (await server.Http.PostAsync("/documents", GatewayServer.Json($$$"""{"id":"{{{id}}}","text":"x","metadata":{"topic":"{{{topic}}}"}}"""))).Dispose();
        static string Ids(JsonElement page) => string.Join(",", page.GetProperty("documents").EnumerateArray().Select(d => d.GetProperty("document_id").GetString()));
        var first = await server.Http.GetFromJsonAsync<JsonElement>("/documents?limit=2");
        Assert.Equal("a,b", Ids(first));
        var second = await server.Http.GetFromJsonAsync<JsonElement>($"/documents?limit=2&after={first.GetProperty("next").GetString()}");
        Assert.Equal("c", Ids(second));
        Assert.False(second.TryGetProperty("next", out _));
        Assert.Equal("a,c", Ids(await server.Http.GetFromJsonAsync<JsonElement>($"/documents?filter={Uri.EscapeDataString("""{"topic":"sea"}""")}")));

        using var wrong = await server.Http.GetAsync("/documents?limit=0&filter=%7B&page=2");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Equal(3, (await wrong.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors").GetArrayLength());
    }

    [Theory]
    [InlineData("notes.md", "application/octet-stream", "text/markdown")]
    [InlineData("page.html", "text/html", "text/html")]
    [InlineData("paper.pdf", "application/pdf", "application/pdf")]
    [InlineData("C:\\docs\\a.docx", "application/octet-stream", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")]
    public async Task A_file_is_taken_by_its_type_or_its_name(string name, string sent, string stored)
    {
        await using var server = await GatewayServer.StartAsync();
        using var response = await server.Http.PostAsync("/documents", Form(name, sent, [1, 2, 3], ("id", "f"), ("metadata", """{"topic":"sea"}""")));
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var document = await server.Http.GetFromJsonAsync<JsonElement>("/documents/f");
        Assert.Equal(stored, document.GetProperty("content_type").GetString());
        Assert.Equal(3, document.GetProperty("bytes").GetInt64());
        Assert.Equal(name[(name.LastIndexOf('\\') + 1)..], document.GetProperty("file_name").GetString());
        Assert.Equal("sea", document.GetProperty("metadata").GetProperty("topic").GetString());
    }

    [Fact]
    public async Task A_form_with_problems_gets_them_all_and_an_unknown_format_is_415()
    {
        await using var server = await GatewayServer.StartAsync();
        using var wrong = await server.Http.PostAsync("/documents", Form(null, null, null, ("id", "a b"), ("metadata", "[1]"), ("colour", "red")));
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        var errors = (await wrong.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("pointer").GetString());
        Assert.Equal(["colour", "file", "id", "/metadata"], errors);
        using var picture = await server.Http.PostAsync("/documents", Form("a.png", "image/png", [1]));
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, picture.StatusCode);
        Assert.Contains("application/pdf", await picture.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_file_over_its_limit_is_413()
    {
        await using var server = await GatewayServer.StartAsync(new() { ["gateway:file_bytes"] = "1024" });
        using var fits = await server.Http.PostAsync("/documents", Form("a.txt", "text/plain", new byte[1024]));
        Assert.Equal(HttpStatusCode.Accepted, fits.StatusCode);
        using var over = await server.Http.PostAsync("/documents", Form("a.txt", "text/plain", new byte[1025]));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, over.StatusCode);
    }

    [Theory]
    [InlineData(64, 128, 4_096, null)]
    [InlineData(65, 2, 1, "65 fields are too many; at most 64")]
    [InlineData(1, 129, 1, "a name of 129 characters is not permitted; expected 1–128")]
    [InlineData(1, 1, 4_097, "4097 characters are too many; at most 4096")]
    public async Task Metadata_are_refused_at_the_entrance_by_the_rule_of_the_documents_service(int fields, int name, int text, string? problem)
    {
        var metadata = Enumerable.Range(0, fields).ToDictionary(i => $"{i}".PadLeft(Math.Max(2, name), 'n')[..name], _ => (MetadataValue)new string('t', text));
        var body = $$"""{"text":"x","metadata":{{System.Text.Json.JsonSerializer.Serialize(metadata.ToDictionary(pair => pair.Key, pair => pair.Value.Text))}}}""";
        await using var server = await GatewayServer.StartAsync();
        using var response = await server.Http.PostAsync("/documents", GatewayServer.Json(body));
        Assert.Equal(problem is null ? HttpStatusCode.Accepted : HttpStatusCode.BadRequest, response.StatusCode);
        if (problem is not null)
            Assert.Contains(problem, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        var upload = new PutDocument { Tenant = "t", User = "u", Title = "", ContentType = "text/plain", Content = "x"u8.ToArray(), Metadata = metadata };
        if (problem is null)
            Assert.Equal("text/plain", DocumentRules.Check(upload, new DocumentsOptions()));
        else
            Assert.Throws<RagException>(() => DocumentRules.Check(upload, new DocumentsOptions()));
    }

    [Theory]
    [InlineData("""{"text":""}""", "/text")]
    [InlineData("""{"title":"t"}""", "/text")]
    [InlineData("""{"text":"x","id":"a/b"}""", "/id")]
    [InlineData("""{"text":"x","id":".."}""", "/id")]
    [InlineData("""{"text":"x","metadata":{"a":[1]}}""", "/metadata/a")]
    [InlineData("""{"text":"x","metadata":{"a":null}}""", "/metadata/a")]
    [InlineData("""{"text":"x","content_type":"image/png"}""", "/content_type")]
    [InlineData("""{"text":"x","metadata":{"a":"\ud800"}}""", "")]
    public async Task A_wrong_upload_says_which_field(string body, string pointer)
    {
        await using var server = await GatewayServer.StartAsync();
        using var response = await server.Http.PostAsync("/documents", GatewayServer.Json(body));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(pointer, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors")[0].GetProperty("pointer").GetString());
    }

    private static MultipartFormDataContent Form(string? name, string? type, byte[]? bytes, params (string Name, string Value)[] fields)
    {
        var form = new MultipartFormDataContent();
        if (bytes is not null)
        {
            var file = new ByteArrayContent(bytes);
            file.Headers.ContentType = new MediaTypeHeaderValue(type!);
            form.Add(file, "file", name!);
        }

        foreach (var (field, value) in fields)
            form.Add(new StringContent(value, Encoding.UTF8), field);
        return form;
    }
}
