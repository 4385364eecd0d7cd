namespace Rag.Engines.Postgres.Documents;

/// <summary>The tables of documents and their outbox.</summary>
internal static class DocumentTables
{
    /// <summary>
    /// A row of <c>outbox</c> is a document's newest job, a row of <c>holds</c> a job in a worker's hands: the primary keys see to it that there is one of each at
    /// most, whatever races. Whoever locks rows of both takes those of <c>holds</c> first.
    /// </summary>
    public static readonly PostgresMigrations Migrations = new("documents",
        """
        CREATE TABLE documents(
          key bigint PRIMARY KEY, tenant text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, version integer NOT NULL, deleted boolean NOT NULL,
          failed boolean NOT NULL, searchable integer NOT NULL, created timestamptz NOT NULL, UNIQUE(tenant, id));
        CREATE TABLE versions(
          job bigint PRIMARY KEY, document bigint NOT NULL, version integer NOT NULL, kind smallint NOT NULL, state smallint NOT NULL,
          title text NOT NULL, content_type text NOT NULL, file_name text, bytes bigint NOT NULL, metadata bytea NOT NULL, uploaded_by text NOT NULL,
          queued timestamptz NOT NULL, started timestamptz, ended timestamptz, attempts integer NOT NULL, chunks integer NOT NULL, reason text,
          UNIQUE(document, version));
        CREATE TABLE contents(job bigint PRIMARY KEY, content bytea, body text);
        CREATE TABLE outbox(
          document bigint PRIMARY KEY, job bigint NOT NULL UNIQUE, kind smallint NOT NULL, version integer NOT NULL, bytes bigint NOT NULL,
          queued timestamptz NOT NULL, attempts integer NOT NULL DEFAULT 0, deferrals integer NOT NULL DEFAULT 0, interruptions integer NOT NULL DEFAULT 0,
          due timestamptz NOT NULL DEFAULT now(), reason text);
        CREATE INDEX outbox_due ON outbox(due, job);
        CREATE TABLE holds(
          document bigint PRIMARY KEY, job bigint NOT NULL UNIQUE, kind smallint NOT NULL, version integer NOT NULL, bytes bigint NOT NULL,
          queued timestamptz NOT NULL, attempts integer NOT NULL, deferrals integer NOT NULL, interruptions integer NOT NULL,
          holder text NOT NULL, incarnation text NOT NULL, claim uuid NOT NULL, started timestamptz NOT NULL, ends timestamptz NOT NULL);
        CREATE INDEX holds_holder ON holds(holder);
        CREATE INDEX holds_ends ON holds(ends);
        CREATE SEQUENCE document_keys;
        CREATE SEQUENCE jobs;
        CREATE TABLE totals(documents bigint NOT NULL, failed bigint NOT NULL);
        INSERT INTO totals VALUES(0, 0);
        CREATE TABLE workers(seen timestamptz NOT NULL);
        INSERT INTO workers VALUES('-infinity');
        """,
        // When a broker was last told of the job, for queues beside the outbox; told of before it fell due counts as not told of.
        "ALTER TABLE outbox ADD COLUMN announced timestamptz",
        // The trace that a job's upload belongs to.
        "ALTER TABLE outbox ADD COLUMN traceparent text");

    /// <summary>Where commits say that there is work. Channels belong to a database, so each schema has its own.</summary>
    public static string Channel(PostgresSource source) => $"{source.Options.Schema}_jobs";
}
