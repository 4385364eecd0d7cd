namespace Rag.Engines.Postgres.Keywords;

/// <summary>
/// The tables behind keywords. A chunk's words are numbers (<see cref="TermNumber"/>) beside their counts; an inverted index (GIN) finds the chunks that hold one. A chunk
/// without words is of the version before: not searched, but its text is still given to whoever found it a moment ago.
/// </summary>
internal static class KeywordTables
{
    public static readonly PostgresMigrations Migrations = new(
        "keywords",
        """
        CREATE TABLE keyword_documents(
          tenant text, document text, rank bigint NOT NULL, chunks integer NOT NULL, length bigint NOT NULL, metadata jsonb NOT NULL, PRIMARY KEY (tenant, document));
        CREATE TABLE keyword_chunks(
          tenant text NOT NULL, document text NOT NULL, rank bigint NOT NULL, ordinal integer NOT NULL, title text NOT NULL, text text NOT NULL,
          length integer NOT NULL, words bigint[], counts integer[], PRIMARY KEY (tenant, document, rank, ordinal));
        CREATE INDEX keyword_chunks_words ON keyword_chunks USING gin (words);
        """);
}
