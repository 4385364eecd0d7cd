namespace Rag.Ingestion.Parsing;

/// <summary>Reads the text of one format.</summary>
internal interface IDocumentParser
{
    /// <summary>The media type that it reads.</summary>
    string MediaType { get; }

    /// <summary>What the format is called in reasons.</summary>
    string FormatName { get; }

    /// <summary>Reads the text. Bytes come from strangers: any exception means that they can't be read.</summary>
    /// <exception cref="UnreadableDocumentException">With a reason for the person who uploaded it.</exception>
    ParsedDocument Parse(ReadOnlyMemory<byte> content, ParseLimits limits, CancellationToken cancellationToken);
}

/// <summary>A document's text, and its title when it names one.</summary>
internal sealed record ParsedDocument(string Text, string? Title = null);

/// <summary>Bounds on what is read.</summary>
internal sealed record ParseLimits(int MaxCharacters, int MaxPages)
{
    /// <summary>Ends reading when a text is too long.</summary>
    public void CheckLength(long characters)
    {
        if (characters > MaxCharacters)
            throw new UnreadableDocumentException($"it has more than {MaxCharacters} characters of text; split it");
    }
}

/// <summary>A document that can never be read; the message is for the person who uploaded it.</summary>
internal sealed class UnreadableDocumentException(string reason) : Exception(reason);
