using Grpc.AspNetCore.Server.Model;
using Rag.Seams;

namespace Rag.Host.Wiring.Remote;

/// <summary>Makes a gRPC method of each call of a hosted contract.</summary>
internal sealed class ContractMethods<TContract>(Contract<TContract> contract) : IServiceMethodProvider<ContractService<TContract>> where TContract : class
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<ContractService<TContract>> context)
    {
        var mapping = new Mapping(context);
        foreach (var call in contract.Calls)
            call.Accept(mapping);
    }

    private sealed class Mapping(ServiceMethodProviderContext<ContractService<TContract>> context) : ICallVisitor
    {
        public void Visit<TService, TRequest, TReply>(UnaryCall<TService, TRequest, TReply> call) where TService : class
        {
            var own = (UnaryCall<TContract, TRequest, TReply>)(object)call;
            context.AddUnaryMethod(GrpcMethods.Of(own), [], (service, request, server) => service.CallAsync(own, request, server));
        }

        public void Visit<TService, TRequest, TItem>(StreamCall<TService, TRequest, TItem> call) where TService : class
        {
            var own = (StreamCall<TContract, TRequest, TItem>)(object)call;
            context.AddServerStreamingMethod(GrpcMethods.Of(own), [], (service, request, writer, server) => service.StreamAsync(own, request, writer, server));
        }
    }
}
