using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Rag.Errors;

namespace Rag.Gateway;

/// <summary>What every request to <c>/admin</c> passes: the admin key, and errors made into responses.</summary>
internal sealed class AdminGate(GatewayOptions options)
{
    private readonly byte[] _admin = SHA256.HashData(Encoding.UTF8.GetBytes(options.AdminKey ?? throw new InvalidOperationException("no admin key is set")));

    /// <summary>Runs a handler for whoever has the key.</summary>
    public async Task RunAsync(HttpContext context, Func<Task> handler)
    {
        try
        {
            // Hashes are compared in constant time: neither length nor content of the key shows in the time taken.
            if (Gate.ApiKey(context.Request.Headers) is not { } key
                || !CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(key)), _admin))
                throw new RagException(RagError.Unauthenticated, "expected the admin key in 'Authorization: Bearer KEY'");
            await handler().ConfigureAwait(false);
        }
        catch (Exception error) when (error is RagException or InvalidRequestException && !context.Response.HasStarted)
        {
            await Reply.ErrorAsync(context, error, Face.Rag).ConfigureAwait(false);
        }
    }
}
