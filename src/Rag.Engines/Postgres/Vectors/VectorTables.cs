using System.Globalization;

namespace Rag.Engines.Postgres.Vectors;

/// <summary>The tables behind vectors, and how the model's width decides their index.</summary>
internal static class VectorTables
{
    public static readonly PostgresMigrations Migrations = new(
        "vectors",
        """
        CREATE EXTENSION IF NOT EXISTS vector SCHEMA public;
        CREATE TABLE vector_model(single boolean PRIMARY KEY DEFAULT true CHECK (single), id text NOT NULL, version text NOT NULL, dimensions integer NOT NULL);
        CREATE TABLE vector_documents(tenant text, document text, rank bigint NOT NULL, chunks integer NOT NULL, PRIMARY KEY (tenant, document));
        CREATE TABLE vector_chunks(
          tenant text NOT NULL, document text NOT NULL, rank bigint NOT NULL, ordinal integer NOT NULL, metadata jsonb NOT NULL, embedding vector NOT NULL,
          PRIMARY KEY (tenant, document, ordinal));
        """);

    /// <summary>Makes the graph for a model of this width. pgvector's graphs hold 2,000 numbers, or 4,000 halved ones; beyond, every chunk is compared.</summary>
    public static string? CreateGraph(int dimensions) => dimensions switch
    {
        <= 2000 => string.Create(CultureInfo.InvariantCulture, $"CREATE INDEX IF NOT EXISTS vector_chunks_graph ON vector_chunks USING hnsw ((embedding::vector({dimensions})) vector_ip_ops) WITH (m = 16, ef_construction = 80)"),
        <= 4000 => string.Create(CultureInfo.InvariantCulture, $"CREATE INDEX IF NOT EXISTS vector_chunks_graph ON vector_chunks USING hnsw ((embedding::halfvec({dimensions})) halfvec_ip_ops) WITH (m = 16, ef_construction = 80)"),
        _ => null,
    };

    /// <summary>The expression by which the graph orders, with the query as <c>$1</c>; null when there is no graph.</summary>
    public static string? GraphOrder(int dimensions) => dimensions switch
    {
        <= 2000 => string.Create(CultureInfo.InvariantCulture, $"embedding::vector({dimensions}) <#> $1::real[]::vector({dimensions})"),
        <= 4000 => string.Create(CultureInfo.InvariantCulture, $"embedding::halfvec({dimensions}) <#> $1::real[]::vector::halfvec({dimensions})"),
        _ => null,
    };
}
