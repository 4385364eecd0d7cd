using System.Text.Json.Nodes;
using Xunit;

namespace Rag.Tests.Contracts;

public abstract partial class ContractSuite
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task What_was_uploaded_is_found_by_its_words_best_first()
    {
        using var tenant = await Tenant.NewAsync(system);
        await tenant.AddAsync("moon", Moon, "Sky");
        await tenant.AddAsync("bread", Bread, "Kitchen");
        var found = await tenant.SearchAsync("Why does bread rise?");
        Assert.Equal(("bread", "bread:1:0", "Kitchen", Bread), (
            found[0]!["document_id"]!.GetValue<string>(), found[0]!["chunk_id"]!.GetValue<string>(), found[0]!["title"]!.GetValue<string>(), found[0]!["text"]!.GetValue<string>()));
        var scores = found.Select(result => result!["score"]!.GetValue<double>()).ToList();
        Assert.Equal(scores.OrderDescending(), scores);
        Assert.Single(await tenant.SearchAsync("moon bread", ""","top_k":1"""));
    }

    [Theory]
    [InlineData("""{"year":2000}""", "b")]
    [InlineData("""{"year":{"$gte":2000}}""", "b c")]
    [InlineData("""{"year":{"$gt":1999,"$lt":2001}}""", "b")]
    [InlineData("""{"lang":{"$in":["de","fr"]}}""", "a c")]
    [InlineData("""{"lang":{"$nin":["de","fr"]}}""", "b d")]
    [InlineData("""{"open":{"$ne":true}}""", "b c d")]
    [InlineData("""{"year":"2000"}""", "")]
    public async Task A_filter_lets_through_what_meets_every_condition(string filter, string expected)
    {
        using var tenant = await Tenant.NewAsync(system);
        await tenant.AddAsync("a", Moon, metadata: """{"year":1990,"lang":"de","open":true}""");
        await tenant.AddAsync("b", Moon, metadata: """{"year":2000,"lang":"en"}""");
        await tenant.AddAsync("c", Moon, metadata: """{"year":2010,"lang":"fr"}""");
        await tenant.AddAsync("d", Moon);
        var found = await tenant.SearchAsync("moon", $$""","filter":{{filter}}""");
        Assert.Equal(expected, string.Join(' ', found.Select(result => result!["document_id"]!.GetValue<string>()).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task An_answer_has_its_text_its_citations_and_its_costs()
    {
        using var tenant = await Tenant.NewAsync(system);
        await tenant.AddAsync("moon", Moon, "Sky");
        var (status, answer) = await tenant.PostAsync("/query", """{"query":"How long is a month?"}""");
        Assert.Equal(200, status);
        CheckAnswer(answer, cached: false);
        var (_, again) = await tenant.PostAsync("/query", """{"query":"How long is a month?"}""");
        CheckAnswer(again, cached: true);
        await tenant.AddAsync("moon", Moon, "Sky again");
        var (_, fresh) = await tenant.PostAsync("/query", """{"query":"How long is a month?"}""");
        Assert.Equal("Sky again", fresh["citations"]![0]!["title"]!.GetValue<string>());

        static void CheckAnswer(JsonNode answer, bool cached)
        {
            Assert.Equal(ScriptedLlm.Answer, answer["answer"]!.GetValue<string>());
            Assert.Equal(("moon:1:0", Moon), (answer["citations"]![0]!["chunk_id"]!.GetValue<string>(), answer["citations"]![0]!["text"]!.GetValue<string>()));
            Assert.Equal((21, 6, "scripted"), (answer["usage"]!["prompt_tokens"]!.GetValue<int>(), answer["usage"]!["completion_tokens"]!.GetValue<int>(), answer["model"]!.GetValue<string>()));
            Assert.Equal(cached, answer["timings"]!["cached"]!.GetValue<bool>());
            Assert.Empty(answer["degraded"]!.AsArray());
        }
    }

    [Fact]
    public async Task A_stream_is_citations_then_tokens_then_usage_then_done()
    {
        using var tenant = await Tenant.NewAsync(system);
        await tenant.AddAsync("moon", Moon);
        var events = await tenant.StreamAsync("/query", """{"query":"How long is a month?","stream":true}""").ToListAsync();
        Assert.Equal(["citations", .. Enumerable.Repeat("token", ScriptedLlm.Answer.Split(' ').Length), "usage", "done"], events.Select(e => e.Event));
        Assert.Equal("moon", JsonNode.Parse(events[0].Data)!["citations"]![0]!["document_id"]!.GetValue<string>());
        Assert.Equal(ScriptedLlm.Answer, string.Concat(events.Where(e => e.Event == "token").Select(e => JsonNode.Parse(e.Data)!["text"]!.GetValue<string>())));
    }

    [Fact]
    public async Task A_token_comes_before_the_next_one_exists_and_when_the_reader_goes_the_llm_is_told()
    {
        using var tenant = await Tenant.NewAsync(system);
        await tenant.AddAsync("moon", Moon);
        await foreach (var (name, _) in tenant.StreamAsync("/query", $$"""{"query":"How long is a month? hang:{{tenant.Name}} ?","stream":true}"""))
            if (name == "token")
                break;
        await system.Llm.GoneAsync(tenant.Name).WaitAsync(Soon);
    }

    [Fact]
    public async Task Many_ask_at_a_time_and_each_gets_its_own_answer()
    {
        using var tenant = await Tenant.NewAsync(system);
        string[] things = ["walrus", "violin", "glacier", "lantern", "saffron", "comet", "harbour", "thistle"];
        await Task.WhenAll(things.Select(thing => tenant.AddAsync(thing, $"A {thing} is something that one {thing} keeper knows all about.")));
        var answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(async i => (
            Thing: things[i % things.Length],
            (await tenant.PostAsync("/query", $$"""{"query":"What is a {{things[i % things.Length]}}? {{i}}","top_k":1}""")).Body)));
        Assert.All(answers, answer => Assert.Equal(answer.Thing, answer.Body["citations"]![0]!["document_id"]!.GetValue<string>()));
    }

    [Fact]
    public async Task The_openai_face_answers_embeds_and_lists()
    {
        using var tenant = await Tenant.NewAsync(system);
        await tenant.AddAsync("moon", Moon);
        const string Chat = """{"model":"scripted","messages":[{"role":"user","content":"How long is a month?"}]""";
        var (_, whole) = await tenant.PostAsync("/v1/chat/completions", Chat + "}");
        Assert.Equal(ScriptedLlm.Answer, whole["choices"]![0]!["message"]!["content"]!.GetValue<string>());
        var chunks = await tenant.StreamAsync("/v1/chat/completions", Chat + ""","stream":true}""").Select(e => e.Data).ToListAsync();
        Assert.Equal("[DONE]", chunks[^1]);
        Assert.Equal(ScriptedLlm.Answer, string.Concat(chunks[..^1].Select(c => JsonNode.Parse(c)!["choices"]!.AsArray().FirstOrDefault()?["delta"]?["content"]?.GetValue<string>())));

        var (_, embedded) = await tenant.PostAsync("/v1/embeddings", """{"input":["the moon","Äpfel"],"model":"hashed-words-grams"}""");
        var vectors = embedded["data"]!.AsArray().Select(item => item!["embedding"]!.AsArray().Select(x => x!.GetValue<double>()).ToArray()).ToList();
        Assert.Equal([384, 384], vectors.Select(v => v.Length));
        Assert.All(vectors, v => Assert.Equal(1, Math.Sqrt(v.Sum(x => x * x)), 3));
        var (_, models) = await tenant.GetAsync("/v1/models");
        Assert.NotEmpty(models["data"]!.AsArray());
        var (status, wrong) = await tenant.PostAsync("/v1/chat/completions", """{"messages":[]}""");
        Assert.Equal(400, status);
        Assert.NotEmpty(wrong["error"]!["message"]!.GetValue<string>());
    }
}
