using Microsoft.Extensions.Configuration;

namespace Rag.Engines;

/// <summary>What an engine may ask the process that it is in.</summary>
/// <param name="Configuration">All settings.</param>
/// <param name="Data">The data folder, which exists; a service's files are in the folder of its name.</param>
/// <param name="Hosts">Whether this process hosts a service.</param>
/// <param name="Time">The clock.</param>
public sealed record EngineContext(IConfiguration Configuration, string Data, Func<string, bool> Hosts, TimeProvider Time)
{
    /// <summary>The folder of a service's files, made when absent.</summary>
    public string Folder(string service) => Directory.CreateDirectory(Path.Combine(Data, service)).FullName;
}
