using MessagePack;
using MessagePack.Formatters;

namespace Rag.Host.Wiring.Messages;

/// <summary>One of several records as [its place in the list, its content]. The list only ever grows at its end.</summary>
internal sealed class UnionFormatter<TBase> : IMessagePackFormatter<TBase?> where TBase : class
{
    private readonly Case[] _cases;
    private readonly Dictionary<Type, int> _tags;

    private UnionFormatter(params Case[] cases)
    {
        _cases = cases;
        _tags = cases.Index().ToDictionary(c => c.Item.Type, c => c.Index);
    }

    public static UnionFormatter<TBase> Of<T0, T1>() where T0 : TBase where T1 : TBase => new(new Case<T0>(), new Case<T1>());

    public static UnionFormatter<TBase> Of<T0, T1, T2>() where T0 : TBase where T1 : TBase where T2 : TBase =>
        new(new Case<T0>(), new Case<T1>(), new Case<T2>());

    public void Serialize(ref MessagePackWriter writer, TBase? value, MessagePackSerializerOptions options)
    {
        if (value is null)
        {
            writer.WriteNil();
            return;
        }

        if (!_tags.TryGetValue(value.GetType(), out var tag))
            throw new MessagePackSerializationException($"{value.GetType().Name} is not in the list of {typeof(TBase).Name}; add it in {nameof(MessageFormat)}");
        writer.WriteArrayHeader(2);
        writer.Write(tag);
        _cases[tag].Write(ref writer, value, options);
    }

    public TBase? Deserialize(ref MessagePackReader reader, MessagePackSerializerOptions options)
    {
        if (reader.TryReadNil())
            return null;
        MessageFormat.ReadArray(ref reader, 2, typeof(TBase).Name);
        var tag = reader.ReadInt32();
        if (tag < 0 || tag >= _cases.Length)
            throw new MessagePackSerializationException($"{typeof(TBase).Name}: there is no kind {tag}; expected 0–{_cases.Length - 1}");
        options.Security.DepthStep(ref reader);
        var value = _cases[tag].Read(ref reader, options);
        reader.Depth--;
        return value;
    }

    private abstract class Case(Type type)
    {
        public Type Type => type;

        public abstract void Write(ref MessagePackWriter writer, TBase value, MessagePackSerializerOptions options);

        public abstract TBase Read(ref MessagePackReader reader, MessagePackSerializerOptions options);
    }

    private sealed class Case<T>() : Case(typeof(T)) where T : TBase
    {
        public override void Write(ref MessagePackWriter writer, TBase value, MessagePackSerializerOptions options) =>
            MessageFormat.Write(ref writer, (T)value, options);

        public override TBase Read(ref MessagePackReader reader, MessagePackSerializerOptions options) => MessageFormat.Read<T>(ref reader, options);
    }
}
