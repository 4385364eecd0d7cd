using Rag.Errors;

namespace Rag.Engines.ModelServers;

/// <summary>The check of a server of models.</summary>
internal static class ModelServerCheck
{
    /// <summary>Asks as the service would.</summary>
    /// <param name="ask">Reads the settings and asks; returns what was found.</param>
    public static async ValueTask<IReadOnlyList<Finding>> RunAsync(Func<ValueTask<string>> ask)
    {
        try
        {
            return [new Finding(true, await ask().ConfigureAwait(false))];
        }
        catch (InvalidOperationException error)
        {
            return [new Finding(false, error.Message, "set what is missing, as said")];
        }
        catch (RagException error)
        {
            return [new Finding(false, error.Message, error.Error switch
            {
                RagError.Overloaded => "wait until the server has loaded its model, or give it more room",
                RagError.DeadlineExceeded => "see why the server is slow, or allow it more time",
                _ => "start the server, or correct its address, key or model",
            })];
        }
    }
}
