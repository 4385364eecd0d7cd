using MessagePack;
using MessagePack.Formatters;
using Rag.Errors;
using Rag.Filters;

namespace Rag.Host.Wiring.Messages;

/// <summary>A scalar as MessagePack's own scalar of that kind; nil for the value that holds none.</summary>
internal sealed class MetadataValueFormatter : IMessagePackFormatter<MetadataValue>
{
    public void Serialize(ref MessagePackWriter writer, MetadataValue value, MessagePackSerializerOptions options)
    {
        if (value.Text is { } text)
            writer.Write(text);
        else if (value.Number is { } number)
            writer.Write(number);
        else if (value.Flag is { } flag)
            writer.Write(flag);
        else
            writer.WriteNil();
    }

    public MetadataValue Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        switch (reader.NextMessagePackType)
        {
            case MessagePackType.String: return MessageFormat.ReadText(ref reader, nameof(MetadataValue));
            case MessagePackType.Float: return reader.ReadDouble();
            case MessagePackType.Boolean: return reader.ReadBoolean();
            case MessagePackType.Nil: reader.ReadNil(); return default;
            case var other: throw new MessagePackSerializationException($"metadata: {other} is no text, number or truth value");
        }
    }
}

/// <summary>A filter as its canonical text.</summary>
internal sealed class MetadataFilterFormatter : IMessagePackFormatter<MetadataFilter?>
{
    public void Serialize(ref MessagePackWriter writer, MetadataFilter? value, MessagePackSerializerOptions options) => writer.Write(value?.Canonical);

    public MetadataFilter? Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        try
        {
            return reader.ReadString() is { } canonical ? MetadataFilter.FromCanonical(canonical) : null;
        }
        catch (RagException error)
        {
            throw new MessagePackSerializationException(error.Message, error);
        }
    }
}
