using Grpc.AspNetCore.Server.Model;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rag.Host.Wiring.Remote;
using Rag.Seams;

namespace Rag.Host.Wiring;

/// <summary>
/// The address at which other processes reach the services of this one, <c>grpc</c>. What is served there asks for no key: whoever reaches the address is trusted,
/// so it answers there only, never at the addresses of the public API.
/// </summary>
internal sealed class ServicePort
{
    private static readonly ServicePort Mark = new();

    /// <summary>The address; null when this process is reached by none.</summary>
    /// <exception cref="InvalidOperationException">It is no address.</exception>
    public static ServiceAddress? Address(IConfiguration configuration) =>
        Read(configuration, out var address) is { } problem ? throw new InvalidOperationException(problem) : address;

    /// <summary>Reads the address.</summary>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static string? Read(IConfiguration configuration, out ServiceAddress? address)
    {
        address = null;
        return configuration["grpc"] is { Length: > 0 } text && ServiceAddress.Read(text, out address) is { } problem ? $"--grpc: {problem}" : null;
    }

    /// <summary>Marks a listener's connections as coming from other processes of the system.</summary>
    public static void Listen(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http2;
        listen.Use(next => connection =>
        {
            connection.Features.Set(Mark);
            return next(connection);
        });
    }

    /// <summary>Registers the gRPC server and the methods of the contracts.</summary>
    public static void Register(IServiceCollection services, IConfiguration configuration, IEnumerable<Contract> contracts)
    {
        var most = PeerChannels.MessageBytes(configuration);
        services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = most;
            grpc.MaxSendMessageSize = most;
            grpc.CompressionProviders.Clear();
        });
        foreach (var contract in contracts.Append(FaultPortContract.Instance))
            contract.Accept(new Registration(services));
    }

    /// <summary>Maps the methods of the contracts.</summary>
    public static void Map(IEndpointRouteBuilder endpoints, IConfiguration configuration, IEnumerable<Contract> contracts)
    {
        var most = PeerChannels.MessageBytes(configuration);
        foreach (var contract in contracts.Append(FaultPortContract.Instance))
            contract.Accept(new Mapping(endpoints, most));
    }

    private sealed class Registration(IServiceCollection services) : IContractVisitor
    {
        public void Visit<TService>(Contract<TService> contract) where TService : class
        {
            services.AddSingleton<ContractService<TService>>();
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceMethodProvider<ContractService<TService>>>(new ContractMethods<TService>(contract)));
        }
    }

    private sealed class Mapping(IEndpointRouteBuilder endpoints, int mostBytes) : IContractVisitor
    {
        public void Visit<TService>(Contract<TService> contract) where TService : class =>
            endpoints.MapGrpcService<ContractService<TService>>().Add(endpoint => endpoint.RequestDelegate = OnlyHere(endpoint.RequestDelegate!));

        private RequestDelegate OnlyHere(RequestDelegate inner) => context =>
        {
            if (context.Features.Get<ServicePort>() is null)
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            }

            // The limits of the public API's connections are not those of messages between services.
            context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize = mostBytes + 5L; // gRPC's own frame
            return inner(context);
        };
    }
}
