using Rag.Tests.Onnx.Tiny;

namespace Rag.Bench.Alerts;

/// <summary>A system of its own, and the episodes that are played on it.</summary>
/// <param name="Name">What is particular about it.</param>
/// <param name="Episodes">In their order.</param>
internal sealed record StageShape(string Name, IReadOnlyList<Episode> Episodes)
{
    /// <summary>Arguments of <c>rag up</c>.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Settings in its <c>rag.yaml</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Engines that it runs on; the embedded ones where none is named.</summary>
    public IReadOnlyList<string> Engines { get; init; } = [];

    /// <summary>Whether processors and network of the machine are watched as well, by a node-exporter.</summary>
    public bool WatchesMachine { get; init; }

    /// <summary>A model of Hugging Face's format for it, in a folder, and the settings that name the folder.</summary>
    public Func<TinyFolder>? Model { get; init; }

    /// <summary>Settings that name the model's folder.</summary>
    public Func<TinyFolder, IReadOnlyDictionary<string, string>> ModelSettings { get; init; } = _ => new Dictionary<string, string>();
}
