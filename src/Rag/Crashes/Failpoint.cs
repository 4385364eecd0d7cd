namespace Rag.Crashes;

/// <summary>
/// A moment at which the death of the process is most likely to find a mistake: just before or just after something became durable. In the order in which an upload
/// meets them. In the configuration a point is called by its name in snake_case: <c>failpoints:documents_before_commit</c>.
/// </summary>
public enum Failpoint
{
    /// <summary>Documents: everything is written in the transaction, which isn't committed.</summary>
    DocumentsBeforeCommit,

    /// <summary>Documents: committed; nobody was told, and memory doesn't follow yet.</summary>
    DocumentsCommitted,

    /// <summary>Queue: a worker holds the jobs, and hasn't heard of it.</summary>
    QueueClaimed,

    /// <summary>Ingestion: chunks and vectors are there, no index has any of it.</summary>
    IngestionEmbedded,

    /// <summary>Vectors and other journals: in the log file, not flushed to the disk.</summary>
    JournalWritten,

    /// <summary>Vectors: durable, no search sees it yet.</summary>
    VectorsUnpublished,

    /// <summary>Keywords: in the log file, not flushed to the disk.</summary>
    KeywordsWritten,

    /// <summary>Keywords: durable, no search sees it yet.</summary>
    KeywordsUnpublished,

    /// <summary>Ingestion: one of the two indexes has it.</summary>
    IngestionBetweenIndexes,

    /// <summary>Ingestion: both indexes have it, the queue hasn't heard.</summary>
    IngestionIndexed,

    /// <summary>Queue: results have arrived, nothing of them is kept.</summary>
    QueueBeforeComplete,

    /// <summary>Queue: results are committed, the worker hasn't heard.</summary>
    QueueCompleted,

    /// <summary>Ingestion: the worker knows that its results are kept.</summary>
    IngestionCompleted,
}
