using System.Runtime.InteropServices;
using Google.Protobuf;

namespace Rag.Tests.Onnx.Tiny;

/// <summary>
/// Writes a graph in ONNX's format (<c>onnx.proto3</c>; the field numbers are from there), as much of it as a BERT-like model needs. Opset 17: the first with LayerNormalization.
/// </summary>
internal sealed class OnnxWriter
{
    private const int Float = 1, Int64 = 7;

    private readonly List<byte[]> _nodes = [];
    private readonly List<byte[]> _initializers = [];
    private readonly List<byte[]> _inputs = [];
    private readonly List<byte[]> _outputs = [];
    private int _names;

    /// <summary>An input or output of the type's dimensions; names are free ones.</summary>
    public string Input(string name, params string[] dimensions) => Value(_inputs, name, Int64, dimensions);

    public string Input32(string name, params string[] dimensions) => Value(_inputs, name, 6, dimensions);

    public void Output(string name, params string[] dimensions) => Value(_outputs, name, Float, dimensions);

    public string Weights(float[] values, params long[] dimensions) => Tensor(Float, dimensions, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    public string Number(float value) => Tensor(Float, [], BitConverter.GetBytes(value));

    public string Whole(long value) => Tensor(Int64, [], BitConverter.GetBytes(value));

    public string Wholes(params long[] values) => Tensor(Int64, [values.Length], MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    /// <summary>A node; returns the name of its output.</summary>
    public string Node(string operation, string[] inputs, string? output = null, params (string Name, object Value)[] attributes)
    {
        output ??= $"t{_names++}";
        _nodes.Add(Message(node =>
        {
            foreach (var input in inputs)
                Text(node, 1, input);
            Text(node, 2, output);
            Text(node, 4, operation);
            foreach (var (name, value) in attributes)
                Bytes(node, 5, Message(attribute =>
                {
                    Text(attribute, 1, name);
                    switch (value)
                    {
                        case float number:
                            attribute.WriteTag(2, WireFormat.WireType.Fixed32);
                            attribute.WriteFloat(number);
                            Varint(attribute, 20, 1);
                            break;
                        case long number:
                            Varint(attribute, 3, number);
                            Varint(attribute, 20, 2);
                            break;
                        case long[] numbers:
                            foreach (var number in numbers)
                                Varint(attribute, 8, number);
                            Varint(attribute, 20, 7);
                            break;
                    }
                }));
        }));
        return output;
    }

    /// <summary>The whole model.</summary>
    public byte[] Model() => Message(model =>
    {
        Varint(model, 1, 8); // ir_version
        Text(model, 2, "tests");
        Bytes(model, 7, Message(graph =>
        {
            foreach (var node in _nodes)
                Bytes(graph, 1, node);
            Text(graph, 2, "tiny");
            foreach (var initializer in _initializers)
                Bytes(graph, 5, initializer);
            foreach (var input in _inputs)
                Bytes(graph, 11, input);
            foreach (var output in _outputs)
                Bytes(graph, 12, output);
        }));
        Bytes(model, 8, Message(opset => Varint(opset, 2, 17)));
    });

    private string Tensor(int type, long[] dimensions, byte[] raw)
    {
        var name = $"w{_names++}";
        _initializers.Add(Message(tensor =>
        {
            foreach (var dimension in dimensions)
                Varint(tensor, 1, dimension);
            Varint(tensor, 2, type);
            Text(tensor, 8, name);
            Bytes(tensor, 9, raw);
        }));
        return name;
    }

    private static string Value(List<byte[]> into, string name, int type, string[] dimensions)
    {
        into.Add(Message(value =>
        {
            Text(value, 1, name);
            Bytes(value, 2, Message(typed => Bytes(typed, 1, Message(tensor =>
            {
                Varint(tensor, 1, type);
                Bytes(tensor, 2, Message(shape =>
                {
                    foreach (var dimension in dimensions)
                        Bytes(shape, 1, Message(one =>
                        {
                            if (long.TryParse(dimension, out var size))
                                Varint(one, 1, size);
                            else
                                Text(one, 2, dimension);
                        }));
                }));
            }))));
        }));
        return name;
    }

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var stream = new CodedOutputStream(bytes, leaveOpen: true))
            write(stream);
        return bytes.ToArray();
    }

    private static void Varint(CodedOutputStream stream, int field, long value)
    {
        stream.WriteTag(field, WireFormat.WireType.Varint);
        stream.WriteInt64(value);
    }

    private static void Text(CodedOutputStream stream, int field, string value)
    {
        stream.WriteTag(field, WireFormat.WireType.LengthDelimited);
        stream.WriteString(value);
    }

    private static void Bytes(CodedOutputStream stream, int field, byte[] value)
    {
        stream.WriteTag(field, WireFormat.WireType.LengthDelimited);
        stream.WriteBytes(ByteString.CopyFrom(value));
    }
}
