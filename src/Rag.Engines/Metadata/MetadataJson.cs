using System.Text.Json.Serialization;

namespace Rag.Engines.Metadata;

/// <summary>Tagged metadata as JSON.</summary>
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class MetadataJson : JsonSerializerContext;
