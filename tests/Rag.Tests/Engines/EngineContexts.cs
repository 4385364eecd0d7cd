using Microsoft.Extensions.Configuration;
using Rag.Engines;

namespace Rag.Tests.Engines;

/// <summary>What an engine is told in tests.</summary>
internal static class EngineContexts
{
    /// <summary>A context of settings alone.</summary>
    public static EngineContext Of(params (string Path, string Value)[] settings) => new(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => new KeyValuePair<string, string?>(s.Path, s.Value))).Build(),
        Path.GetTempPath(), static _ => true, TimeProvider.System);
}
