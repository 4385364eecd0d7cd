using System.Net.Sockets;

namespace Loadline.Faults.Proxy.Api;

/// <summary>A request can't be done. The texts up to the colon, and the statuses, are those of Toxiproxy's API: its clients compare them.</summary>
internal sealed class ApiException(int status, string message) : Exception(message)
{
    internal int Status => status;

    internal static ApiException NoProxy => new(404, "proxy not found");

    internal static ApiException ProxyExists => new(409, "proxy already exists");

    internal static ApiException BadBody(string why) => new(400, $"bad request body: {why}");

    internal static ApiException Missing(string field) => new(400, $"missing required field: {field}");

    internal static ApiException Stream => new(400, "stream was invalid, can be either upstream or downstream");

    internal static ApiException Of(ToxicException problem) => problem.Problem switch
    {
        ToxicProblem.UnknownType => new(400, "invalid toxic type"),
        ToxicProblem.Exists => new(409, "toxic already exists"),
        ToxicProblem.NotFound => new(404, "toxic not found"),
        _ => BadBody(problem.Message),
    };

    internal static ApiException Of(string listen, SocketException problem) =>
        new(500, $"listen tcp {listen}: bind: {(problem.SocketErrorCode == SocketError.AddressAlreadyInUse ? "address already in use" : problem.Message)}");
}
