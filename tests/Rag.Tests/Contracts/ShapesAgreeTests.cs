using System.Text.Json.Nodes;
using Xunit;

namespace Rag.Tests.Contracts;

/// <summary>The same documents and questions give the same answers to the last digit, in one process and apart.</summary>
public sealed class ShapesAgreeTests(CoHosted together, Apart apart) : IClassFixture<CoHosted>, IClassFixture<Apart>
{
    private static readonly string[] Things = ["walrus", "violin", "glacier", "lantern", "saffron", "comet", "harbour", "thistle", "Äpfel", "東京"];

    [Fact]
    public async Task Searches_answers_listings_and_errors_are_the_same()
    {
        var (one, other) = (await TranscriptAsync(together.System), await TranscriptAsync(apart.System));
        Assert.Equal(one, other);
    }

    private static async Task<IReadOnlyList<string>> TranscriptAsync(SystemUnderTest system)
    {
        using var tenant = await Tenant.NewAsync(system);
        for (var i = 0; i < Things.Length; i++)
            await tenant.AddAsync($"d{i}", string.Join(' ', Enumerable.Range(0, 40).Select(n => $"The {Things[i]} and the {Things[(i + n) % Things.Length]} meet {n} times.")), $"On {Things[i]}", $$$"""{"n":{{{i}}}}""");
        (string Path, string Body)[] questions =
        [
            .. Things.Select(thing => ("/search", $$"""{"top_k":20,"query":"When does the {{thing}} meet?"}""")),
            .. Things.Select(thing => ("/search", $$$"""{"filter":{"n":{"$lt":5}},"query":"{{{thing}}}"}""")),
            .. Things.Select(thing => ("/query", $$"""{"query":"When does the {{thing}} meet?"}""")),
            ("/search", """{"query":"x","filter":{"n":{"$near":5}}}"""), ("/query", """{"query":""}"""),
        ];
        var transcript = new List<string>();
        foreach (var (path, body) in questions)
            transcript.Add(Told(await tenant.PostAsync(path, body)));
        transcript.Add(Told(await tenant.GetAsync("/documents")));
        return transcript;
    }

    // Without what differs by nature: times, and names of requests.
    private static string Told((int Status, JsonNode Body) reply)
    {
        reply.Body.AsObject().Remove("timings");
        reply.Body.AsObject().Remove("request_id");
        foreach (var document in reply.Body["documents"]?.AsArray() ?? [])
        {
            document!.AsObject().Remove("created_at");
            document.AsObject().Remove("updated_at");
            document.AsObject().Remove("uploaded_by");
        }

        return $"{reply.Status} {reply.Body.ToJsonString()}";
    }
}
