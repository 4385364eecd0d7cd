using System.Text;
using Xunit;

namespace Rag.Tests.Contracts;

public abstract partial class ContractSuite
{
    [Fact]
    public async Task A_replacement_is_found_and_what_it_replaced_is_not()
    {
        using var tenant = await Tenant.NewAsync(system);
        Assert.Equal(1, await tenant.AddAsync("a", Moon));
        Assert.Equal(2, await tenant.AddAsync("a", Bread));
        var found = Assert.Single(await tenant.SearchAsync("yeast"))!;
        Assert.Equal((2, "a:2:0"), (found["version"]!.GetValue<int>(), found["chunk_id"]!.GetValue<string>()));
        Assert.DoesNotContain(await tenant.SearchAsync("moon orbits"), result => result!["text"]!.GetValue<string>().Contains("moon", StringComparison.Ordinal));
    }

    [Fact]
    public async Task If_Match_guards_replacement_and_deletion()
    {
        using var tenant = await Tenant.NewAsync(system);
        await tenant.AddAsync("a", Moon);
        await tenant.AddAsync("a", Bread);
        Assert.Equal((412, "version_conflict"), Told(await tenant.SendAsync(Put("a", Moon), "\"1\"")));
        Assert.Equal((412, "version_conflict"), Told(await tenant.SendAsync(Put("none", Moon), "\"1\"")));
        Assert.Equal((412, "version_conflict"), Told(await tenant.SendAsync(new HttpRequestMessage(HttpMethod.Delete, "/documents/a"), "\"1\"")));
        var replaced = await tenant.SendAsync(Put("a", Moon), "\"2\"");
        Assert.Equal((202, 3), (replaced.Status, replaced.Body["version"]!.GetValue<int>()));
        Assert.Equal(204, (await tenant.SendAsync(new HttpRequestMessage(HttpMethod.Delete, "/documents/a"), "\"3\"")).Status);
    }

    [Fact]
    public async Task A_deleted_document_is_found_no_more()
    {
        using var tenant = await Tenant.NewAsync(system);
        await tenant.AddAsync("a", Moon);
        await tenant.AddAsync("b", Bread);
        Assert.Equal(204, (await tenant.SendAsync(new HttpRequestMessage(HttpMethod.Delete, "/documents/a"))).Status);
        Assert.Equal(404, (await tenant.GetAsync("/documents/a")).Status);
        await tenant.SearchUntilAsync("moon yeast", results => results.Count == 1 && results[0]!["document_id"]!.GetValue<string>() == "b");
    }

    [Fact]
    public async Task Letters_of_every_language_and_odd_ids_come_back_as_they_went()
    {
        using var tenant = await Tenant.NewAsync(system);
        const string Text = "Äpfel sind rot. 東京は大きい。 Москва велика. 👩‍👩‍👧 𝔘𝔫𝔦 \"quoted\" \\ <b>";
        await tenant.AddAsync("a:1_x-y.z", Text, "Ünïcode – 标题", """{"schlüssel ß":"wert – 値","leer":"","zahl":-0.1,"ja":true}""");
        var found = Assert.Single(await tenant.SearchAsync("Äpfel", ""","filter":{"schlüssel ß":"wert – 値","zahl":{"$lt":0},"ja":true}"""))!;
        Assert.Equal((Text, "Ünïcode – 标题"), (found["text"]!.GetValue<string>(), found["title"]!.GetValue<string>()));
        var read = (await tenant.GetAsync("/documents/a%3A1_x-y.z")).Body;
        Assert.Equal(Text, read["text"]!.GetValue<string>());
        Assert.Equal(("wert – 値", "", -0.1, true), (
            read["metadata"]!["schlüssel ß"]!.GetValue<string>(), read["metadata"]!["leer"]!.GetValue<string>(),
            read["metadata"]!["zahl"]!.GetValue<double>(), read["metadata"]!["ja"]!.GetValue<bool>()));
    }

    [Fact]
    public async Task A_listing_has_pages_and_filters()
    {
        using var tenant = await Tenant.NewAsync(system);
        for (var i = 0; i < 5; i++)
            Assert.Equal(202, (await tenant.PostAsync("/documents", $$$"""{"id":"d{{{i}}}","text":"x","metadata":{"even":{{{(i % 2 == 0 ? "true" : "false")}}}}}""")).Status);
        var first = (await tenant.GetAsync("/documents?limit=2")).Body;
        var second = (await tenant.GetAsync($"/documents?limit=2&after={first["next"]!.GetValue<string>()}")).Body;
        var third = (await tenant.GetAsync($"/documents?limit=2&after={second["next"]!.GetValue<string>()}")).Body;
        Assert.Equal(["d0", "d1", "d2", "d3", "d4"], Ids(first).Concat(Ids(second)).Concat(Ids(third)));
        Assert.Null(third["next"]);
        Assert.Equal(["d0", "d2", "d4"], Ids((await tenant.GetAsync("/documents?filter=" + Uri.EscapeDataString("""{"even":true}"""))).Body));

        static IEnumerable<string> Ids(System.Text.Json.Nodes.JsonNode page) => page["documents"]!.AsArray().Select(d => d!["document_id"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_large_file_passes_and_a_broken_one_fails_with_the_reason()
    {
        using var tenant = await Tenant.NewAsync(system);
        var text = string.Concat(Enumerable.Range(0, 12_000).Select(i => $"Sentence number {i} speaks of nothing at all, and at length. ")) + "Only here a walrus sings.";
        Assert.Equal((202, 1), await FileAsync("large", "large.txt", "text/plain", Encoding.UTF8.GetBytes(text)));
        Assert.Equal("searchable", await tenant.SettledAsync("large", 1));
        Assert.Contains("walrus", (await tenant.SearchAsync("walrus"))[0]!["text"]!.GetValue<string>());

        Assert.Equal((202, 2), await FileAsync("large", "broken.pdf", "application/pdf", Encoding.UTF8.GetBytes("%PDF-1.7 and then nothing")));
        Assert.Equal("failed", await tenant.SettledAsync("large", 2));
        Assert.NotEmpty((await tenant.GetAsync("/documents/large/status")).Body["reason"]!.GetValue<string>());
        Assert.Contains("walrus", (await tenant.SearchAsync("walrus"))[0]!["text"]!.GetValue<string>()); // the version before stays

        using var picture = new MultipartFormDataContent { { new ByteArrayContent([1, 2, 3]) { Headers = { ContentType = new("image/png") } }, "file", "picture.png" } };
        using var refused = await tenant.Http.PostAsync("/documents", picture);
        Assert.Equal(415, (int)refused.StatusCode);

        async Task<(int, int)> FileAsync(string id, string name, string type, byte[] bytes)
        {
            using var form = new MultipartFormDataContent { { new StringContent(id), "id" }, { new ByteArrayContent(bytes) { Headers = { ContentType = new(type) } }, "file", name } };
            using var reply = await tenant.Http.PostAsync("/documents", form);
            var body = System.Text.Json.Nodes.JsonNode.Parse(await reply.Content.ReadAsStringAsync())!;
            return ((int)reply.StatusCode, body["version"]!.GetValue<int>());
        }
    }

    private static HttpRequestMessage Put(string id, string text) =>
        new(HttpMethod.Put, $"/documents/{id}") { Content = Tenant.Json($$"""{"text":{{Tenant.Quoted(text)}}}""") };

    private static (int, string?) Told((int Status, System.Text.Json.Nodes.JsonNode Body) reply) => (reply.Status, reply.Body["code"]?.GetValue<string>());
}
