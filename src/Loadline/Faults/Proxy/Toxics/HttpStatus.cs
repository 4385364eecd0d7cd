using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Loadline.Faults.Proxy.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Loadline.Faults.Proxy.Toxics;

/// <summary>Requests are answered in the server's place, with an error in the shape of OpenAI's.</summary>
internal sealed class HttpStatus : ToxicKind
{
    public override string Name => "http_status";

    public override string About => "answers requests in the server's place with `status` and an error in OpenAI's shape; the server doesn't see them";

    public override bool IsOurs => true;

    public override IReadOnlyList<ToxicAttribute> Attributes { get; } =
    [
        new("status", "", "the status") { Default = 503, Least = 400, Most = 599 },
        new("retry_after", "s", "the header `Retry-After`; 0: none"),
    ];

    internal override HttpEffect OnMessages(Toxic toxic) => new Error((int)toxic["status"], toxic["retry_after"], toxic.Name);

    private sealed class Error(int status, long retryAfter, string name) : HttpEffect
    {
        internal override byte[] Answer(bool close, bool toHead)
        {
            var body = Body();
            var head = new StringBuilder().Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} {ReasonPhrases.GetReasonPhrase(status)}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n");
            if (retryAfter > 0)
                head.Append(CultureInfo.InvariantCulture, $"Retry-After: {retryAfter}\r\n");
            if (close)
                head.Append("Connection: close\r\n");
            head.Append("\r\n");
            return [.. Encoding.ASCII.GetBytes(head.ToString()), .. toHead ? [] : body];
        }

        // As OpenAI types them: https://platform.openai.com/docs/guides/error-codes
        private (string Type, string? Code) Kind => status switch
        {
            401 => ("invalid_request_error", "invalid_api_key"),
            429 => ("requests", "rate_limit_exceeded"),
            < 500 => ("invalid_request_error", null),
            _ => ("server_error", null),
        };

        private byte[] Body()
        {
            var buffer = new ArrayBufferWriter<byte>(256);
            using (var json = new Utf8JsonWriter(buffer))
            {
                var (type, code) = Kind;
                json.WriteStartObject();
                json.WriteStartObject("error");
                json.WriteString("message", $"Answered by Loadline's proxy in the server's place (toxic {name}).");
                json.WriteString("type", type);
                json.WriteNull("param");
                json.WriteString("code", code);
                json.WriteEndObject();
                json.WriteEndObject();
            }
            return buffer.WrittenSpan.ToArray();
        }
    }
}
