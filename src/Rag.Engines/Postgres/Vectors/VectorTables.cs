using System.Globalization;

namespace Rag.Engines.Postgres.Vectors;

/// <summary>The tables behind one index of vectors, and how the model's width decides their graph.</summary>
internal sealed class VectorTables
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
        """,
        """
        CREATE TABLE vector_plan(single boolean PRIMARY KEY DEFAULT true CHECK (single), revision bigint NOT NULL, plan bytea NOT NULL);
        """);

    private readonly string _suffix;

    /// <param name="number">The index's number: the first has the tables that the migrations make, others have tables of their own.</param>
    public VectorTables(int number)
    {
        _suffix = number == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"_{number}");
        IsFirst = number == 1;
    }

    public bool IsFirst { get; }

    /// <summary>The table of the model.</summary>
    public string Model => "vector_model" + _suffix;

    /// <summary>The table of documents and their fences.</summary>
    public string Documents => "vector_documents" + _suffix;

    /// <summary>The table of chunks.</summary>
    public string Chunks => "vector_chunks" + _suffix;

    private string Graph => "vector_chunks_graph" + _suffix;

    /// <summary>Makes the tables of an index that is not the first, where they are absent.</summary>
    public string Create =>
        $"""
        CREATE TABLE IF NOT EXISTS {Model}(single boolean PRIMARY KEY DEFAULT true CHECK (single), id text NOT NULL, version text NOT NULL, dimensions integer NOT NULL);
        CREATE TABLE IF NOT EXISTS {Documents}(tenant text, document text, rank bigint NOT NULL, chunks integer NOT NULL, PRIMARY KEY (tenant, document));
        CREATE TABLE IF NOT EXISTS {Chunks}(
          tenant text NOT NULL, document text NOT NULL, rank bigint NOT NULL, ordinal integer NOT NULL, metadata jsonb NOT NULL, embedding vector NOT NULL,
          PRIMARY KEY (tenant, document, ordinal))
        """;

    /// <summary>Removes the index. The first one's tables stay, empty: migrations to come find them.</summary>
    public string Drop => IsFirst ? $"DROP INDEX IF EXISTS {Graph}; TRUNCATE {Chunks}, {Documents}, {Model}" : $"DROP TABLE IF EXISTS {Chunks}, {Documents}, {Model}";

    /// <summary>Makes the graph for a model of this width. pgvector's graphs hold 2,000 numbers, or 4,000 halved ones; beyond, every chunk is compared.</summary>
    public string? CreateGraph(int dimensions) => dimensions switch
    {
        <= 2000 => string.Create(CultureInfo.InvariantCulture, $"CREATE INDEX IF NOT EXISTS {Graph} ON {Chunks} USING hnsw ((embedding::vector({dimensions})) vector_ip_ops) WITH (m = 16, ef_construction = 80)"),
        <= 4000 => string.Create(CultureInfo.InvariantCulture, $"CREATE INDEX IF NOT EXISTS {Graph} ON {Chunks} USING hnsw ((embedding::halfvec({dimensions})) halfvec_ip_ops) WITH (m = 16, ef_construction = 80)"),
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
