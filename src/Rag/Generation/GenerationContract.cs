using Rag.Seams;

namespace Rag.Generation;

/// <summary><see cref="IGeneration"/> through the seam.</summary>
internal static class GenerationContract
{
    private static readonly UnaryCall<IGeneration, Nothing, IReadOnlyList<string>> ListModels = new("ListModels", static (s, _, stop) => s.ListModelsAsync(stop), CallPolicy.Watch);

    // The first token's time is the engine's own business (generation:first_token_seconds): a slow model is no dead one.
    private static readonly StreamCall<IGeneration, GenerationRequest, GenerationEvent> Generate =
        new("Generate", static (s, r, stop) => s.GenerateAsync(r, stop), new CallPolicy { Cap = TimeSpan.FromSeconds(60), Retry = true });

    public static Contract<IGeneration> Instance { get; } = new("generation", seam => new Proxy(seam), ListModels, Generate)
    {
        // An answer would cost somebody's tokens.
        Rehearse = static async (service, stop) => await service.ListModelsAsync(stop).ConfigureAwait(false),
    };

    private sealed class Proxy(Seam<IGeneration> seam) : IGeneration
    {
        public ValueTask<IReadOnlyList<string>> ListModelsAsync(CancellationToken cancellationToken) => seam.CallAsync(ListModels, default, cancellationToken);

        public IAsyncEnumerable<GenerationEvent> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken) => seam.StreamAsync(Generate, request, cancellationToken);
    }
}
