using Rag.Documents;

namespace Rag.Engines.Postgres.Documents;

/// <summary>A document inside a transaction: as it was found, and as the transaction has left it so far.</summary>
internal sealed class OpenDocument(DocumentKey name, DocumentHead? found)
{
    public DocumentKey Name => name;

    /// <summary>As it was found; null for a new one.</summary>
    public DocumentHead? Found { get; } = found;

    /// <summary>As it is now; null when nobody used the name yet.</summary>
    public DocumentHead? Head { get; set; } = found;

    /// <summary>Its job in the outbox, as it is now.</summary>
    public JobTicket? Waiting { get; set; }

    /// <summary>Its job in a worker's hands whose lease runs, as it is now.</summary>
    public JobTicket? Held { get; set; }

    /// <summary>Whether <see cref="Waiting"/> was added here.</summary>
    public bool Appended { get; set; }

    public bool Changed => !Equals(Found, Head);
}
