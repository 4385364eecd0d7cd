using MessagePack;
using MessagePack.Resolvers;
using Rag.Generation;
using Rag.Query;

namespace Rag.Host.Wiring.Messages;

/// <summary>
/// How messages between processes are written: MessagePack. A record is a map of its members' names, so that processes of neighbouring versions understand
/// each other; what is sent by the hundred or needs care has a formatter of its own, listed here.
/// </summary>
internal static class MessageFormat
{
    /// <summary>The options of every message. Bounded for data that can't be trusted: hash collisions and deep nesting are refused.</summary>
    public static MessagePackSerializerOptions Options { get; } = MessagePackSerializerOptions.Standard
        .WithResolver(CompositeResolver.Create(
            [
                new FloatsFormatter(), new ChunkKeyFormatter(), new KeywordHitFormatter(), new VectorHitFormatter(), new MetadataValueFormatter(), new MetadataFilterFormatter(),
                UnionFormatter<GenerationEvent>.Of<GenerationText, GenerationEnd>(),
                UnionFormatter<AnswerEvent>.Of<AnswerCitations, AnswerText, AnswerEnd>(),
            ],
            [ContractlessStandardResolver.Instance]))
        .WithSecurity(MessagePackSecurity.UntrustedData);

    /// <summary>Reads the head of an array that must have so many items; a message with another number is refused.</summary>
    public static void ReadArray(ref MessagePackReader reader, int items, string message)
    {
        if (reader.ReadArrayHeader() is var count && count != items)
            throw new MessagePackSerializationException($"{message}: {count} items; expected {items}");
    }

    /// <summary>A text that must be there.</summary>
    public static string ReadText(ref MessagePackReader reader, string message) =>
        reader.ReadString() ?? throw new MessagePackSerializationException($"{message}: null where a text was expected");

    /// <summary>Writes by what <see cref="Options"/> say of the type.</summary>
    public static void Write<T>(ref MessagePackWriter writer, T value, MessagePackSerializerOptions options) =>
        options.Resolver.GetFormatterWithVerify<T>().Serialize(ref writer, value, options);

    /// <summary>Reads by what <see cref="Options"/> say of the type.</summary>
    public static T Read<T>(ref MessagePackReader reader, MessagePackSerializerOptions options) =>
        options.Resolver.GetFormatterWithVerify<T>().Deserialize(ref reader, options);
}
