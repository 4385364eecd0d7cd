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

    /// <summary>With a broker: jobs count as told of, and the broker hasn't heard of them.</summary>
    RelayTold,

    /// <summary>With a broker: the broker has the notices, and the relay doesn't know that it took them.</summary>
    RelayPublished,

    /// <summary>With a broker: ingestion has received notices and has not asked the outbox about them.</summary>
    ChannelReceived,

    /// <summary>Queue: a worker holds the jobs, and hasn't heard of it.</summary>
    QueueClaimed,

    /// <summary>With a broker: ingestion has claimed by name, and no batch has begun.</summary>
    ChannelClaimed,

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

    /// <summary>With a broker: a job was given up on durably, and its dead letter isn't filed.</summary>
    LettersUnfiled,

    /// <summary>With a broker: its dead letter is filed, and the relay doesn't know it.</summary>
    LettersFiled,

    /// <summary>With a broker: the outbox has the results, and the notices are not acknowledged: no offset is stored.</summary>
    ChannelBeforeAcknowledge,

    /// <summary>With a broker: the notices are acknowledged, their offset is stored, and the worker hasn't heard.</summary>
    ChannelAcknowledged,

    /// <summary>Ingestion: the worker knows that its results are kept.</summary>
    IngestionCompleted,
}
