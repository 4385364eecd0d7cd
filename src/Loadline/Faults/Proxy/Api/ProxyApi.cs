using System.Buffers;
using System.Net.Mime;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Loadline.Faults.Proxy.Api;

/// <summary>Answers the requests of Toxiproxy's HTTP API.</summary>
internal sealed class ProxyApi(ProxyCollection proxies) : IHttpApplication<HttpContext>
{
    /// <summary>The version of Toxiproxy whose API this is.</summary>
    internal const string Version = "2.12.0";

    private const string Json = MediaTypeNames.Application.Json;

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    public async Task ProcessRequestAsync(HttpContext context)
    {
        var call = new Call(context);
        try
        {
            // A page that a browser shows must not steer proxies on its user's machine.
            if (context.Request.Headers.UserAgent.ToString().StartsWith("Mozilla/", StringComparison.Ordinal))
                await call.SendAsync(403, MediaTypeNames.Text.Plain, "User agent not allowed\n"u8.ToArray()).ConfigureAwait(false);
            else
                await RouteAsync(call, context.Request.Method, context.Request.Path.Value!.Trim('/').Split('/')).ConfigureAwait(false);
        }
        catch (ToxicException problem)
        {
            await call.FailAsync(ApiException.Of(problem)).ConfigureAwait(false);
        }
        catch (ApiException problem)
        {
            await call.FailAsync(problem).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // Deleted while something was asked of it.
            await call.FailAsync(ApiException.NoProxy).ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is IOException or OperationCanceledException or BadHttpRequestException)
        {
            context.Abort();
        }
    }

    private async Task RouteAsync(Call call, string method, string[] path)
    {
        switch (path, method)
        {
            case (["version"], "GET"):
                await call.SendAsync(200, "application/json;charset=utf-8", Encoding.UTF8.GetBytes($"{{\"version\": \"{Version}\"}}\n")).ConfigureAwait(false);
                break;
            case (["metrics"], "GET"):
                await call.SendAsync(200, "text/plain; version=0.0.4; charset=utf-8", Encoding.UTF8.GetBytes(ProxyMetrics.Render(proxies.All))).ConfigureAwait(false);
                break;
            case (["reset"], "POST"):
                await proxies.ResetAsync().ConfigureAwait(false);
                await call.SendAsync(204).ConfigureAwait(false);
                break;
            case (["populate"], "POST"):
                await PopulateAsync(call).ConfigureAwait(false);
                break;
            case (["proxies"], "GET"):
                await call.JsonAsync(200, WriteAll).ConfigureAwait(false);
                break;
            case (["proxies"], "POST"):
                var wish = Whole(ApiJson.ReadProxy(await call.ReadAsync(JsonValueKind.Object).ConfigureAwait(false)), "");
                var added = await proxies.AddAsync(wish).ConfigureAwait(false);
                await call.JsonAsync(201, json => ApiJson.Write(json, wish.Name, added)).ConfigureAwait(false);
                break;
            case (["proxies", var name], "GET"):
                var shown = proxies.Get(name);
                await call.JsonAsync(200, json => ApiJson.Write(json, name, shown)).ConfigureAwait(false);
                break;
            case (["proxies", var name], "POST" or "PATCH"):
                proxies.Get(name);
                var change = await call.ReadAsync(JsonValueKind.Object).ConfigureAwait(false);
                var updated = await proxies.UpdateAsync(name, before => ApiJson.ReadProxy(change, before)).ConfigureAwait(false);
                await call.JsonAsync(200, json => ApiJson.Write(json, name, updated)).ConfigureAwait(false);
                break;
            case (["proxies", var name], "DELETE"):
                await proxies.RemoveAsync(name).ConfigureAwait(false);
                await call.SendAsync(204).ConfigureAwait(false);
                break;
            case (["proxies", var name, "toxics"], _):
                await ToxicsAsync(call, method, proxies.Get(name)).ConfigureAwait(false);
                break;
            case (["proxies", var name, "toxics", var toxic], _):
                await ToxicAsync(call, method, proxies.Get(name), toxic).ConfigureAwait(false);
                break;
            default:
                await call.NowhereAsync(path is ["version" or "metrics" or "reset" or "populate" or "proxies"] or ["proxies", _]).ConfigureAwait(false);
                break;
        }
    }

    private static async Task ToxicsAsync(Call call, string method, ToxicProxy proxy)
    {
        if (method == "GET")
            await call.JsonAsync(200, json => ApiJson.Write(json, proxy.Toxics)).ConfigureAwait(false);
        else if (method == "POST")
        {
            var added = proxy.Add(ApiJson.ReadToxic(await call.ReadAsync(JsonValueKind.Object).ConfigureAwait(false)));
            await call.JsonAsync(200, json => ApiJson.Write(json, added)).ConfigureAwait(false);
        }
        else
            await call.NowhereAsync(isKnown: true).ConfigureAwait(false);
    }

    private static async Task ToxicAsync(Call call, string method, ToxicProxy proxy, string name)
    {
        switch (method)
        {
            case "GET":
                var shown = proxy.Toxic(name) ?? throw new ToxicException(ToxicProblem.NotFound, name);
                await call.JsonAsync(200, json => ApiJson.Write(json, shown)).ConfigureAwait(false);
                break;
            case "POST" or "PATCH":
                var change = await call.ReadAsync(JsonValueKind.Object).ConfigureAwait(false);
                var changed = proxy.Update(name, ApiJson.Attributes(change), ApiJson.Toxicity(change));
                await call.JsonAsync(200, json => ApiJson.Write(json, changed)).ConfigureAwait(false);
                break;
            case "DELETE":
                proxy.Remove(name);
                await call.SendAsync(204).ConfigureAwait(false);
                break;
            default:
                await call.NowhereAsync(isKnown: true).ConfigureAwait(false);
                break;
        }
    }

    private async Task PopulateAsync(Call call)
    {
        var done = new List<(string Name, ToxicProxy Proxy)>();
        ApiException? failed = null;
        try
        {
            await proxies.PopulateAsync(ReadAll(await call.ReadAsync(JsonValueKind.Array).ConfigureAwait(false)), done).ConfigureAwait(false);
        }
        catch (ApiException problem)
        {
            failed = problem;
        }
        await call.JsonAsync(failed?.Status ?? 201, json =>
        {
            json.WriteStartObject();
            if (failed is not null)
            {
                json.WriteString("error", failed.Message);
                json.WriteNumber("status", failed.Status);
            }
            json.WriteStartArray("proxies");
            foreach (var (name, proxy) in done)
                ApiJson.Write(json, name, proxy);
            json.WriteEndArray();
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    /// <summary>Reads a list of proxies, as a request or a file has it.</summary>
    /// <exception cref="ApiException">One of them lacks a field, or two have one name.</exception>
    internal static List<ProxyWish> ReadAll(JsonElement array)
    {
        var wishes = array.EnumerateArray()
            .Select((each, index) => Whole(each.ValueKind == JsonValueKind.Object ? ApiJson.ReadProxy(each) : throw ApiException.BadBody($"proxy {index + 1}: a JSON object is wanted"), $" at proxy {index + 1}"))
            .ToList();
        return wishes.GroupBy(wish => wish.Name).FirstOrDefault(group => group.Skip(1).Any()) is { } twice
            ? throw ApiException.BadBody($"duplicate proxy name \"{twice.Key}\"")
            : wishes;
    }

    private static ProxyWish Whole(ProxyWish wish, string at)
    {
        if (wish.Name.Length == 0)
            throw ApiException.Missing("name" + at);
        if (string.IsNullOrEmpty(wish.Upstream))
            throw ApiException.Missing("upstream" + at);
        return wish with { Listen = wish.Listen is { Length: > 0 } listen ? listen : "127.0.0.1:0" };
    }

    private void WriteAll(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (var (name, proxy) in proxies.All)
        {
            json.WritePropertyName(name);
            ApiJson.Write(json, name, proxy);
        }
        json.WriteEndObject();
    }

    /// <summary>One request and its answer.</summary>
    private sealed class Call(HttpContext context)
    {
        internal async Task<JsonElement> ReadAsync(JsonValueKind wanted)
        {
            var reader = context.Request.BodyReader;
            while (true)
            {
                var read = await reader.ReadAsync(context.RequestAborted).ConfigureAwait(false);
                if (read.IsCompleted)
                {
                    var body = read.Buffer.ToArray();
                    reader.AdvanceTo(read.Buffer.End);
                    return ApiJson.Parse(body, wanted);
                }
                reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }

        internal Task JsonAsync(int status, Action<Utf8JsonWriter> write)
        {
            var buffer = new ArrayBufferWriter<byte>(512);
            using (var json = new Utf8JsonWriter(buffer))
                write(json);
            return SendAsync(status, Json, buffer.WrittenMemory);
        }

        internal Task FailAsync(ApiException problem) => context.Response.HasStarted ? Task.CompletedTask : JsonAsync(problem.Status, json =>
        {
            json.WriteStartObject();
            json.WriteString("error", problem.Message);
            json.WriteNumber("status", problem.Status);
            json.WriteEndObject();
        });

        internal Task NowhereAsync(bool isKnown) => isKnown
            ? SendAsync(405)
            : SendAsync(404, MediaTypeNames.Text.Plain, "404 page not found\n"u8.ToArray());

        internal async Task SendAsync(int status, string? type = null, ReadOnlyMemory<byte> body = default)
        {
            context.Response.StatusCode = status;
            if (type is not null)
                context.Response.ContentType = type;
            if (status != 204)
                context.Response.ContentLength = body.Length;
            if (!body.IsEmpty)
                await context.Response.BodyWriter.WriteAsync(body).ConfigureAwait(false);
        }
    }
}
