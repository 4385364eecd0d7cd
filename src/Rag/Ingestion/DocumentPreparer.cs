using Rag.Chunks;
using Rag.Ingestion.Parsing;
using Rag.Media;
using Rag.Traces;

namespace Rag.Ingestion;

/// <summary>A document ready to be embedded.</summary>
/// <param name="Job">Its job.</param>
/// <param name="Title">The title to index: the upload's own, or one found inside, or empty.</param>
/// <param name="FoundTitle">The title found inside, when the upload had none.</param>
/// <param name="Text">All text.</param>
/// <param name="Chunks">Parts of the text, overlapping.</param>
internal sealed record PreparedDocument(IngestionJob Job, string Title, string? FoundTitle, string Text, IReadOnlyList<string> Chunks);

/// <summary>Bytes to chunks: parses and cuts, in bounded time.</summary>
internal sealed class DocumentPreparer(IngestionOptions options, TimeProvider time)
{
    /// <summary>Below this, parsing takes well under a second whatever is in it, and needs no guard of its own.</summary>
    private const int SmallBytes = 64 * 1024;

    private readonly ParseLimits _limits = new(options.MaxTextCharacters, options.MaxPages);
    private readonly Chunker _chunker = new(options.ChunkTokens, options.OverlapTokens);

    /// <exception cref="UnreadableDocumentException">It can never be read.</exception>
    public async ValueTask<PreparedDocument> PrepareAsync(IngestionJob job, CancellationToken cancellationToken)
    {
        if (job.Content.Length <= SmallBytes && job.ContentType == MediaTypes.Text)
            return Prepare(job, cancellationToken);

        // Some libraries can't be interrupted in the middle of a page. A run that never ends is left behind on its thread; its document is given up, so
        // it can't come back and take another.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var run = Task.Run(() => Prepare(job, limit.Token), CancellationToken.None);
        try
        {
            return await run.WaitAsync(options.ParseTimeout, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new UnreadableDocumentException($"it could not be read within {options.ParseTimeout.TotalSeconds:0} s; simplify or split it");
        }
        finally
        {
            await limit.CancelAsync().ConfigureAwait(false);
        }
    }

    private PreparedDocument Prepare(IngestionJob job, CancellationToken cancellationToken)
    {
        ParsedDocument parsed;
        using (Spans.Within("parse"))
            parsed = DocumentParsers.Parse(job.ContentType, job.Content, _limits, cancellationToken);
        using var chunking = Spans.Within("chunk");
        var ranges = _chunker.Split(parsed.Text);
        var chunks = new string[ranges.Count];
        for (var i = 0; i < chunks.Length; i++)
            chunks[i] = parsed.Text[ranges[i]];
        var found = job.Title.Length == 0 && parsed.Title is { } title ? Clip(title) : null;
        return new PreparedDocument(job, found ?? job.Title, found, parsed.Text, chunks);
    }

    private static string Clip(string title)
    {
        const int longest = 1_024;
        return title.Length <= longest ? title : title[..(char.IsHighSurrogate(title[longest - 1]) ? longest - 1 : longest)];
    }
}
