using System.Text.Json;

namespace Loadline.Targets;

/// <summary>Takes the values that a <see cref="JsonPathSet"/> finds.</summary>
internal interface IJsonVisitor
{
    /// <summary>A path's value begins at the reader's token. A visitor that wants to look inside copies the reader; it must not advance this one.</summary>
    void OnValue(int tag, ref Utf8JsonReader reader);
}

/// <summary>
/// Several paths evaluated in one pass over the bytes, without a document tree: paths are merged into a trie, and whatever no path enters is skipped.
/// The whole text is still checked to be one well-formed JSON value.
/// </summary>
internal sealed class JsonPathSet
{
    private readonly Node _root = new();

    internal JsonPathSet(IEnumerable<(JsonPath Path, int Tag)> paths)
    {
        foreach (var (path, tag) in paths)
        {
            var node = _root;
            foreach (var step in path.Steps)
                node = node.Child(step);
            node.Tags.Add(tag);
        }
    }

    /// <summary>Calls the visitor for every value that a path leads to, in the order of the text.</summary>
    /// <exception cref="JsonException">The text is not one well-formed JSON value; values before the mistake have been visited.</exception>
    internal void Visit<TVisitor>(ReadOnlySpan<byte> json, ref TVisitor visitor)
        where TVisitor : IJsonVisitor, allows ref struct
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        Walk(_root, ref reader, ref visitor);
        if (reader.Read())
            throw new JsonException("more than one JSON value");
    }

    private static void Walk<TVisitor>(Node node, ref Utf8JsonReader reader, ref TVisitor visitor)
        where TVisitor : IJsonVisitor, allows ref struct
    {
        foreach (var tag in node.Tags)
            visitor.OnValue(tag, ref reader);
        if (reader.TokenType == JsonTokenType.StartObject && (node.Names.Count > 0 || node.Every is not null))
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                var child = node.Find(ref reader) ?? node.Every;
                reader.Read();
                Enter(child, null, ref reader, ref visitor);
            }
        }
        else if (reader.TokenType == JsonTokenType.StartArray && (node.Indexes.Count > 0 || node.Every is not null))
        {
            for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
                Enter(node.Indexes.GetValueOrDefault(index), node.Every, ref reader, ref visitor);
        }
        else
            reader.Skip();
    }

    private static void Enter<TVisitor>(Node? first, Node? second, ref Utf8JsonReader reader, ref TVisitor visitor)
        where TVisitor : IJsonVisitor, allows ref struct
    {
        if (first is not null && second is not null)
        {
            var ahead = reader;
            Walk(first, ref ahead, ref visitor);
            first = null;
        }
        if ((first ?? second) is { } node)
            Walk(node, ref reader, ref visitor);
        else
            reader.Skip();
    }

    private sealed class Node
    {
        internal List<int> Tags { get; } = [];

        internal List<(byte[] Name, Node Node)> Names { get; } = [];

        internal Dictionary<int, Node> Indexes { get; } = [];

        internal Node? Every { get; private set; }

        internal Node Child(JsonPath.Step step)
        {
            if (step.Name is { } name)
            {
                foreach (var (known, child) in Names)
                    if (known.AsSpan().SequenceEqual(name))
                        return child;
                var made = new Node();
                Names.Add((name, made));
                return made;
            }
            if (step.Index is not { } index)
                return Every ??= new Node();
            if (!Indexes.TryGetValue(index, out var node))
                Indexes[index] = node = new Node();
            return node;
        }

        internal Node? Find(ref Utf8JsonReader reader)
        {
            foreach (var (name, node) in Names)
                if (reader.ValueTextEquals(name))
                    return node;
            return null;
        }
    }
}
