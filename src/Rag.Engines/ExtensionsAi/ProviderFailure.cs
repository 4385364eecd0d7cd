using System.Net;
using Rag.Errors;

namespace Rag.Engines.ExtensionsAi;

/// <summary>What a provider throws, as our own error. Providers throw what they like: their message is not passed on, since it may hold a text or a key; the exception itself is the cause, for logs.</summary>
internal static class ProviderFailure
{
    public static RagException Of(string seam, string provider, Exception error) => error as RagException ?? (error switch
    {
        HttpRequestException { StatusCode: HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable } =>
            new RagException(RagError.Overloaded, $"{seam}: {provider} is full", TimeSpan.FromSeconds(1), error),
        TimeoutException => new RagException(RagError.DeadlineExceeded, $"{seam}: {provider} took too long", inner: error),
        _ => new RagException(RagError.Unavailable, $"{seam}: {provider} failed ({error.GetType().Name})", inner: error),
    });
}
