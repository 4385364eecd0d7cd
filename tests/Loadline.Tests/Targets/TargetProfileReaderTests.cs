using Loadline.Targets;
using Xunit;

namespace Loadline.Tests.Targets;

public class TargetProfileReaderTests
{
    public static readonly string Profiles = Path.Combine(FindRoot(), "plans", "targets");

    [Fact]
    public void Every_shipped_profile_reads_and_carries_its_files_name()
    {
        var files = Directory.GetFiles(Profiles, "*.yaml");
        Assert.Contains(files, file => Path.GetFileName(file) == "rag.yaml");
        Assert.All(files, file => Assert.Equal(Path.GetFileNameWithoutExtension(file), TargetProfileReader.ReadFile(file).Name));
    }

    [Fact]
    public void Our_own_profile_says_what_the_load_needs()
    {
        var rag = TargetProfileReader.ReadFile(Path.Combine(Profiles, "rag.yaml"));
        Assert.Equal(["query", "upload", "search", "status", "embed", "models", "read"], rag.Operations.Keys);
        Assert.Same(rag.Operations["upload"], rag.Upload);
        Assert.True(rag.Operations["query"].Asks);
        Assert.Equal(TimeSpan.FromMilliseconds(100), rag.Upload!.Searchable!.FirstPoll);
        Assert.Equal(500, Assert.IsType<KeySource.Issued>(rag.Keys).Batch);
        Assert.Contains(429, rag.ThrottledStatuses);
    }

    [Theory]
    [InlineData("openai-chat")]
    [InlineData("haystack")]
    public void Profiles_of_chats_send_the_sessions_earlier_turns(string name)
    {
        var query = TargetProfileReader.Read(Loadline.Plans.PlanCatalog.Resource($"plans/targets/{name}.yaml")!, name).Operations["query"];
        Assert.True(query.SendsHistory);
        var values = new TemplateValues { Question = "And \"when\"?", Turns = TemplateValues.Message("user", "Who?") + "," + TemplateValues.Message("assistant", "She.") };
        foreach (var request in new[] { query.Request, query.Stream!.Request })
        {
            // A variable that is not bound stands as its own name; here it is a text.
            using var body = System.Text.Json.JsonDocument.Parse(request.Body!.Fill(values));
            Assert.Equal(
                ["user: Who?", "assistant: She.", "user: And \"when\"?"],
                body.RootElement.GetProperty("messages").EnumerateArray().Select(turn => $"{turn.GetProperty("role")}: {turn.GetProperty("content")}"));
        }
    }

    [Fact]
    public void All_mistakes_are_reported_at_once_each_with_line_rule_and_remedy()
    {
        const string yaml = """
            name: My RAG
            about: x
            protocol: http3
            auth: { header: Authorization, value: "Bearer key" }
            throttled: [700]
            operations:
              query:
                request: FETCH /query
                body: '{"query": {{question}}'
                answer:
                  error: error
                stream:
                  framing: sse
                  delta: { event: token }
                colour: red
              upload:
                request: POST /documents
                body: '{"text": {{document.txt}}}'
                searchable:
                  request: GET /documents/{{document.id}}
                  state: $.status
                  poll: 2s..100ms
            """;
        var problems = Assert.Throws<TargetProfileException>(() => TargetProfileReader.Read(yaml)).Problems;
        Assert.Equal(
            [
                (1, "name"), (3, "protocol"), (4, "auth.value"), (5, "throttled"), (8, "operations.query.request"), (9, "operations.query.body"), (11, "operations.query.answer.error"),
                (13, "operations.query.stream.end"), (14, "operations.query.stream.delta"), (15, "operations.query.colour"),
                (18, "operations.upload.body"), (20, "operations.upload.searchable.done"), (22, "operations.upload.searchable.poll"),
            ],
            problems.Select(problem => (problem.Line, problem.Path)).Order());
        Assert.All(problems, problem => Assert.NotEqual("", problem.Remedy));
    }

    [Theory]
    [InlineData("- a", "a profile is one mapping")]
    [InlineData("name: a\nname: b", "is not YAML")]
    [InlineData("name: a\n  b: [", "is not YAML")]
    [InlineData("name: a\nabout: b\noperations: {}", "operations: is empty")]
    [InlineData("name: a\nabout: b", "operations: is required")]
    [InlineData("name: a\nabout: b\nkeys: { env: A, file: b }\nauth: { header: K, value: \"{{key}}\" }\noperations: { s: { request: GET / } }", "exactly one place")]
    [InlineData("name: a\nabout: b\nkeys: { env: A }\noperations: { s: { request: GET / } }", "no use without auth")]
    [InlineData("name: a\nabout: b\noperations: { s: { request: GET /, body: x } }", "not JSON")]
    [InlineData("name: a\nabout: b\noperations: { s: { request: POST /, body: '{\"s\": {{stream}}}' } }", "has no stream")]
    public void A_mistake_is_named(string yaml, string message) =>
        Assert.Contains(message, Assert.Throws<TargetProfileException>(() => TargetProfileReader.Read(yaml)).Message);

    [Theory]
    [InlineData("url: http://me:hidden@host", "url: carries a user name or password, which would be seen")]
    [InlineData("keys: sk-hidden", "a key itself must not stand in a profile")]
    [InlineData("auth: bearer hidden", "is none of the ways to send a key")]
    [InlineData("auth: { header: K, value: hidden }", "does not contain {{key}}")]
    [InlineData("secrets: { a: { env: A, file: b } }", "must come from exactly one place")]
    [InlineData("secrets: { question: { env: A } }", "is no variable's name")]
    [InlineData("variables: { a: 1 }\nsecrets: { a: { env: A } }", "is a variable already")]
    [InlineData("headers: { X: \"{{nope}}\" }", "'{{nope}}' is no placeholder")]
    [InlineData("headers: { Content-Length: 3 }", "is set by Loadline itself")]
    [InlineData("headers: { \"a b\": c }", "is no header's name")]
    [InlineData("setup: { s: { request: \"GET /{{later}}\" }, t: { request: GET /, capture: { later: $.x } } }", "'{{later}}' is no placeholder")]
    [InlineData("setup: { s: { request: GET /, capture: { x: { path: $.x, cookie: y } } } }", "must come from exactly one place")]
    [InlineData("setup: { s: { request: GET /, until: { state: $.x } } }", "until.done: is required")]
    [InlineData("session: { request: POST /s }", "session.id: is required")]
    public void A_mistake_beside_the_operations_is_named_and_no_secret_is_repeated(string more, string message)
    {
        var e = Assert.Throws<TargetProfileException>(() => TargetProfileReader.Read($"name: a\nabout: b\n{more}\noperations: {{ s: {{ request: GET / }} }}"));
        Assert.Contains(message, e.Message);
        Assert.DoesNotContain("hidden", e.Message);
    }

    [Theory]
    [InlineData("body: '{}', form: { a: b }", "stands beside a body")]
    [InlineData("form: {}", "form: has no field")]
    [InlineData("form: { f: { name: x } }", "form.f.content: is required")]
    [InlineData("content_type: application/x-www-form-urlencoded, form: { f: { name: x, content: y } }", "is a file, and a URL-encoded form holds none")]
    [InlineData("content_type: nonsense", "is no media type")]
    [InlineData("body: '{\"s\": {{session}}}'", "session: is required, since an operation asks for {{session}}")]
    [InlineData("answer: { error: { path: $.a, equals: b, not: c } }", "stands beside equals")]
    [InlineData("answer: { error: { path: $.a, when: { path: $.b } } }", "when.equals: is required")]
    [InlineData("stream: { framing: tcp, delta: $.a, end: closed }", "write sse or ndjson or text")]
    [InlineData("stream: { delta: { event: e, equals: x }, end: closed }", "path: is required where a value is compared")]
    [InlineData("then: { body: '{}' }", "then.request: is required")]
    public void A_mistake_in_an_operation_is_named(string more, string message) =>
        Assert.Contains(message, Assert.Throws<TargetProfileException>(() => TargetProfileReader.Read($"name: a\nabout: b\noperations: {{ s: {{ request: POST /, {more} }} }}")).Message);

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Loadline.slnx")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("no Loadline.slnx above the tests");
        return folder;
    }
}
