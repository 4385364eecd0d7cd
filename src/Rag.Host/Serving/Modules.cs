using Rag.Caching;
using Rag.Documents;
using Rag.Embedding;
using Rag.Gateway;
using Rag.Generation;
using Rag.Hosting;
using Rag.Identity;
using Rag.Ingestion;
using Rag.Keywords;
using Rag.Query;
using Rag.Reranking;
using Rag.Search;
using Rag.Vectors;

namespace Rag.Host.Serving;

/// <summary>The list of services; the only one.</summary>
internal static class Modules
{
    public static IReadOnlyList<ServiceModule> All { get; } =
    [
        new IdentityModule(), new CachingModule(), new EmbeddingModule(), new VectorsModule(), new KeywordsModule(), new SearchModule(), new RerankingModule(),
        new GenerationModule(), new DocumentsModule(), new QueryModule(), new IngestionModule(), new GatewayModule(),
    ];
}
