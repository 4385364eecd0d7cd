using System.ClientModel;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;
using Rag.Errors;
using Rag.Gateway;
using Rag.Query;
using Xunit;

namespace Rag.Tests.Gateway;

/// <summary>OpenAI's own .NET client against our gateway, and what it doesn't show.</summary>
public class OpenAiTests
{
    private static OpenAIClient Client(GatewayServer server, string key = GatewayServer.DevKey) => new(
        new ApiKeyCredential(key), new OpenAIClientOptions { Endpoint = new Uri(server.Http.BaseAddress!, "/v1"), RetryPolicy = new System.ClientModel.Primitives.ClientRetryPolicy(0) });

    [Fact]
    public async Task A_chat_is_answered_from_the_last_user_message_with_the_turns_before_it()
    {
        await using var server = await GatewayServer.StartAsync();
        var chat = Client(server).GetChatClient("any");
        var answer = (await chat.CompleteChatAsync(
            new SystemChatMessage("Be brief."), new UserChatMessage("Hi"), new AssistantChatMessage("Hello"), new UserChatMessage("What causes the tides?"))).Value;
        Assert.Equal("Hello \"world\"\né", answer.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, answer.FinishReason);
        Assert.Equal("fake-llm", answer.Model);
        Assert.Equal((11, 4, 15), (answer.Usage.InputTokenCount, answer.Usage.OutputTokenCount, answer.Usage.TotalTokenCount));
        var asked = Assert.Single(server.Generation.Asked);
        Assert.Equal("What causes the tides?", asked.Question);
        Assert.Equal(["system", "system", "user", "assistant", "user"], asked.Messages.Select(m => m.Role)); // our rules first
    }

    [Fact]
    public async Task A_chat_streams_with_role_text_finish_reason_and_usage()
    {
        await using var server = await GatewayServer.StartAsync();
        var text = "";
        ChatFinishReason? finish = null;
        ChatTokenUsage? usage = null;
        ChatMessageRole? role = null;
        await foreach (var update in Client(server).GetChatClient("any").CompleteChatStreamingAsync(new UserChatMessage("What causes the tides?")))
        {
            role ??= update.Role;
            text += string.Concat(update.ContentUpdate.Select(part => part.Text));
            finish ??= update.FinishReason;
            usage ??= update.Usage;
        }

        Assert.Equal(ChatMessageRole.Assistant, role);
        Assert.Equal("Hello \"world\"\né", text);
        Assert.Equal(ChatFinishReason.Stop, finish);
        Assert.Equal(15, usage?.TotalTokenCount); // the client always asks for it
    }

    [Theory]
    [InlineData(true, 8)]
    [InlineData(false, 7)]
    public async Task Usage_comes_only_when_asked_for_and_DONE_ends_the_stream(bool usage, int events)
    {
        await using var server = await GatewayServer.StartAsync();
        using var response = await server.Http.StreamAsync(
            "/v1/chat/completions",
            $$$"""{"model":"x","stream":true,"stream_options":{"include_usage":{{{(usage ? "true" : "false")}}}},"messages":[{"role":"user","content":[{"type":"text","text":"the tides?"}]}]}""");
        var all = (await response.EventsAsync().ToListAsync()).ConvertAll(e => e.Data);
        Assert.Equal("[DONE]", all[^1]);
        Assert.Equal(events, all.Count); // role, 4 texts, finish, (usage,) [DONE]
        var first = JsonDocument.Parse(all[0]).RootElement;
        Assert.Equal("tides", first.GetProperty("citations")[0].GetProperty("document_id").GetString());
        Assert.Equal(JsonValueKind.Null, first.GetProperty("choices")[0].GetProperty("finish_reason").ValueKind);
        Assert.Equal(usage, all.Exists(data => data.Contains("total_tokens", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_plain_chat_carries_citations_beside_OpenAIs_fields()
    {
        await using var server = await GatewayServer.StartAsync();
        using var response = await server.Http.PostAsync(
            "/v1/chat/completions", GatewayServer.Json("""{"model":"x","messages":[{"role":"user","content":"the tides?"}],"logprobs":false}"""));
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("chat.completion", answer.GetProperty("object").GetString());
        Assert.Equal("tides:1:0", answer.GetProperty("citations")[0].GetProperty("chunk_id").GetString());
    }

    [Fact]
    public async Task A_failure_within_a_stream_is_an_error_object_and_no_DONE()
    {
        static async IAsyncEnumerable<AnswerEvent> CutOff()
        {
            yield return new AnswerCitations([]);
            yield return new AnswerText("Hel");
            await Task.Yield();
            throw new RagException(RagError.Unavailable, "query: unplugged");
        }

        var context = new DefaultHttpContext();
        using var body = new MemoryStream();
        context.Response.Body = body;
        await AnswerStream.WriteAsync(context, CutOff(), new ChatEvents(context, "1", 0, "m", false), default);
        var all = Encoding.UTF8.GetString(body.ToArray()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("query: unplugged", JsonDocument.Parse(all[^1]["data: ".Length..]).RootElement.GetProperty("error").GetProperty("message").GetString());
        Assert.DoesNotContain(all, line => line.Contains("[DONE]"));
    }

    [Fact]
    public async Task Embeddings_come_as_floats_and_as_base64()
    {
        await using var server = await GatewayServer.StartAsync();
        var embeddings = (await Client(server).GetEmbeddingClient("tiny").GenerateEmbeddingsAsync(["a", "bbb"])).Value; // asks for base64
        Assert.Equal([1f, 0.5f, -1 / 3f], embeddings[0].ToFloats().ToArray());
        Assert.Equal([3f, 0.5f, -1 / 3f], embeddings[1].ToFloats().ToArray());
        Assert.Equal(2, embeddings.Usage.TotalTokenCount);

        using var response = await server.Http.PostAsync("/v1/embeddings", GatewayServer.Json("""{"model":"tiny","input":"a","encoding_format":"float"}"""));
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal([1f, 0.5f, -1 / 3f], answer.GetProperty("data")[0].GetProperty("embedding").EnumerateArray().Select(n => n.GetSingle()));
    }

    [Fact]
    public async Task Vectors_of_another_model_or_size_are_refused()
    {
        await using var server = await GatewayServer.StartAsync();
        var other = await Assert.ThrowsAsync<ClientResultException>(() => Client(server).GetEmbeddingClient("text-embedding-3-small").GenerateEmbeddingAsync("a"));
        Assert.Equal(404, other.Status);
        var size = await Assert.ThrowsAsync<ClientResultException>(
            () => Client(server).GetEmbeddingClient("tiny").GenerateEmbeddingAsync("a", new EmbeddingGenerationOptions { Dimensions = 2 }));
        Assert.Equal(400, size.Status);
    }

    [Fact]
    public async Task Models_are_listed_and_described()
    {
        await using var server = await GatewayServer.StartAsync();
        var models = Client(server).GetOpenAIModelClient();
        Assert.Equal(["fake-llm", "tiny"], (await models.GetModelsAsync()).Value.Select(m => m.Id));
        Assert.Equal("tiny", (await models.GetModelAsync("tiny")).Value.Id);
        Assert.Equal(404, (await Assert.ThrowsAsync<ClientResultException>(() => models.GetModelAsync("none"))).Status);
    }

    [Fact]
    public async Task A_wrong_key_is_401_in_OpenAIs_format()
    {
        await using var server = await GatewayServer.StartAsync();
        var error = await Assert.ThrowsAsync<ClientResultException>(
            () => Client(server, "wrong-key-of-the-tests").GetChatClient("x").CompleteChatAsync(new UserChatMessage("hi")));
        Assert.Equal(401, error.Status);
        using var http = server.Client("wrong-key-of-the-tests");
        using var response = await http.GetAsync("/v1/models");
        var body = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
        Assert.Equal("invalid_api_key", body.GetProperty("code").GetString());
        Assert.Equal("invalid_request_error", body.GetProperty("type").GetString());
    }

    [Fact]
    public async Task A_user_over_its_limit_is_429_with_a_time_and_the_client_that_tries_again_then_is_answered()
    {
        await using var server = await GatewayServer.StartAsync();
        var key = await server.KeyAsync("ann", limit: 1);
        await Client(server, key).GetOpenAIModelClient().GetModelsAsync();
        var error = await Assert.ThrowsAsync<ClientResultException>(() => Client(server, key).GetChatClient("x").CompleteChatAsync(new UserChatMessage("hi")));
        Assert.Equal(429, error.Status);
        Assert.True(error.GetRawResponse()!.Headers.TryGetValue("Retry-After", out var seconds));
        server.Time.Advance(TimeSpan.FromSeconds(int.Parse(seconds!, System.Globalization.CultureInfo.InvariantCulture)));
        Assert.NotEmpty((await Client(server, key).GetChatClient("x").CompleteChatAsync(new UserChatMessage("the tides?"))).Value.Content[0].Text);
    }

    [Fact]
    public async Task A_chat_that_is_wrong_is_400_to_the_client()
    {
        await using var server = await GatewayServer.StartAsync();
        var error = await Assert.ThrowsAsync<ClientResultException>(() => Client(server).GetChatClient("x").CompleteChatAsync(new AssistantChatMessage("I begin")));
        Assert.Equal(400, error.Status);
    }

    [Theory]
    [InlineData("""{"model":"x","messages":[]}""", "messages")]
    [InlineData("""{"model":"x","messages":[{"role":"assistant","content":"x"}]}""", "messages")]
    [InlineData("""{"model":"x","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]}""", "messages/0/content")]
    [InlineData("""{"model":"x","messages":[{"role":"tool","content":"x"},{"role":"user","content":"x"}]}""", "messages/0/role")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"n":2}""", "model")]
    public async Task A_wrong_chat_names_the_parameter(string body, string parameter)
    {
        await using var server = await GatewayServer.StartAsync();
        using var response = await server.Http.PostAsync("/v1/chat/completions", GatewayServer.Json(body));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(parameter, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetProperty("param").GetString());
    }
}
