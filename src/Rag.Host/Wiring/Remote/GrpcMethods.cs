using System.Collections.Concurrent;
using Grpc.Core;
using MessagePack;
using Rag.Host.Wiring.Messages;
using Rag.Seams;

namespace Rag.Host.Wiring.Remote;

/// <summary>The gRPC method of a call, the same at both ends: <c>/rag.SERVICE.INTERFACE/CALL</c>.</summary>
internal static class GrpcMethods
{
    private static readonly ConcurrentDictionary<Call, IMethod> Made = new();

    public static Method<Message<TRequest>, Message<TReply>> Of<TService, TRequest, TReply>(UnaryCall<TService, TRequest, TReply> call) where TService : class =>
        (Method<Message<TRequest>, Message<TReply>>)Made.GetOrAdd(
            call, static call => new Method<Message<TRequest>, Message<TReply>>(MethodType.Unary, Group<TService>(call), call.Name, One<TRequest>(), One<TReply>()));

    public static Method<Message<TRequest>, Batch<TItem>> Of<TService, TRequest, TItem>(StreamCall<TService, TRequest, TItem> call) where TService : class =>
        (Method<Message<TRequest>, Batch<TItem>>)Made.GetOrAdd(
            call, static call => new Method<Message<TRequest>, Batch<TItem>>(MethodType.ServerStreaming, Group<TService>(call), call.Name, One<TRequest>(), Many<TItem>()));

    // A service may offer several interfaces, each with calls of its own.
    private static string Group<TService>(Call call) => $"rag.{call.Service}.{typeof(TService).Name}";

    private static Marshaller<Message<T>> One<T>() => Marshallers.Create<Message<T>>(
        static (message, to) => Write(message.Value, to), static from => new Message<T>(Read<T>(from)));

    private static Marshaller<Batch<T>> Many<T>() => Marshallers.Create<Batch<T>>(
        static (batch, to) => Write(batch.Items, to), static from => new Batch<T>(Read<IReadOnlyList<T>>(from)));

    private static void Write<T>(T value, SerializationContext to)
    {
        MessagePackSerializer.Serialize(to.GetBufferWriter(), value, MessageFormat.Options);
        to.Complete();
    }

    private static T Read<T>(DeserializationContext from) => MessagePackSerializer.Deserialize<T>(from.PayloadAsReadOnlySequence(), MessageFormat.Options);
}
