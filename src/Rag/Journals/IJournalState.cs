namespace Rag.Journals;

/// <summary>What a journal keeps: a state that is rebuilt from a snapshot and the records after it.</summary>
public interface IJournalState
{
    /// <summary>Takes the whole state from a snapshot, as <see cref="Journal.SaveSnapshot"/> wrote it; called at most once, before any record.</summary>
    void Load(Stream snapshot);

    /// <summary>Applies one record. Records may repeat what the snapshot holds already, so this must be idempotent.</summary>
    void Apply(ReadOnlySpan<byte> record);
}
