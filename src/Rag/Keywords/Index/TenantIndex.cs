using Rag.Keywords.Analysis;

namespace Rag.Keywords.Index;

/// <summary>
/// One tenant's chunks. One writer; any number of readers without a lock. Chunks have growing numbers and are only ever appended; a chunk
/// that goes is marked with the watermark at which it died. A reader takes one <see cref="State"/> and sees exactly the chunks born before its
/// watermark that had not died by then: each write appears whole or not at all.
/// <code>
/// watermark 5:   0 1 2̶ 3 4 | 5 6        chunk 2 died at watermark ≤ 5; 5 and 6 are being written, and 3 dies with them at 7
/// watermark 7:   0 1 2̶ 3̶ 4   5 6 |
/// </code>
/// Test: <c>TenantIndexTests</c>.
/// </summary>
internal sealed class TenantIndex
{
    private const int Alive = int.MaxValue;
    private const int LeastDeadToCompact = 1024;

    private readonly KeywordsOptions _options;
    private State _state = new([], [], [], 0, 0, 0);
    private State _next;
    private long _postings;

    public TenantIndex(KeywordsOptions options)
    {
        _options = options;
        _next = _state;
        Vocabulary = new Vocabulary();
        Similar = new SimilarTerms(Vocabulary, options.SimilarTerms, options.SimilarTermsAtLeast);
    }

    public Vocabulary Vocabulary { get; }

    public SimilarTerms Similar { get; }

    /// <summary>What a reader may see now.</summary>
    public State Current => Volatile.Read(ref _state);

    /// <summary>Memory held, estimated: postings with their spare room, terms with their trigrams, chunk rows.</summary>
    public long Bytes => (Volatile.Read(ref _postings) * 6) + (Vocabulary.Count * 350L) + (Current.Rows.Length * 24L);

    /// <summary>Writer only: whether so many numbers are dead that <see cref="Compact"/> pays.</summary>
    public bool WantsCompaction => _next.Watermark - _next.Live > Math.Max(LeastDeadToCompact, _next.Live);

    /// <summary>Writer only: appends a document's chunks; unseen until <see cref="Publish"/>.</summary>
    public void Add(IndexedDocument document, IReadOnlyList<AnalyzedChunk> chunks)
    {
        document.FirstChunk = _next.Watermark;
        for (var i = 0; i < chunks.Count; i++)
        {
            var number = AddSlot(document, i, chunks[i].Length);
            foreach (var (text, count) in chunks[i].Terms)
                AddPosting(AddTerm(text), number, count, chunks[i].Length);
        }
    }

    /// <summary>Writer only: takes a document's chunks out; seen until <see cref="Publish"/>.</summary>
    /// <param name="document">Which.</param>
    /// <param name="chunks">Its chunks as they were analysed when they were added: their terms lose a document.</param>
    public void Remove(IndexedDocument document, IReadOnlyList<AnalyzedChunk> chunks)
    {
        if (chunks.Count == 0)
            return;

        // A number of its own for the moment of death: also a pure removal must move the watermark.
        var death = AddSlot(null, 0, 0) + 1;
        for (var i = 0; i < chunks.Count; i++)
        {
            _next.DeadAt[document.FirstChunk + i] = death;
            foreach (var (text, _) in chunks[i].Terms)
            {
                if (!Vocabulary.TryGet(text, out var term))
                    continue;
                term.Postings.CountRemoved();
                if (term.Postings.Live == 0)
                    Vocabulary.NoteChange(term);
            }

            _next = _next with { Live = _next.Live - 1, LiveTerms = _next.LiveTerms - chunks[i].Length };
        }
    }

    /// <summary>Writer only: shows readers what was done since the last time.</summary>
    public void Publish()
    {
        Vocabulary.Publish();
        Volatile.Write(ref _state, _next);
    }

    /// <summary>Writer only: the same chunks in the same order, without the dead and their terms. Readers of this one are not disturbed.</summary>
    public TenantIndex Compact()
    {
        var fresh = new TenantIndex(_options);
        var newNumbers = new int[_next.Watermark];
        for (var old = 0; old < newNumbers.Length; old++)
        {
            newNumbers[old] = -1;
            if (_next.Rows[old].Document is not { } document || _next.DeadAt[old] != Alive)
                continue;
            newNumbers[old] = fresh.AddSlot(document, _next.Rows[old].Ordinal, _next.Lengths[old]);
        }

        foreach (var term in Vocabulary.From(0))
        {
            if (term.Postings.Live == 0)
                continue;
            var view = term.Postings.Read(_next.Watermark);
            var kept = fresh.AddTerm(term.Text);
            for (var i = 0; i < view.Count; i++)
                if (newNumbers[view.Chunks[i]] is var number && number >= 0)
                    fresh.AddPosting(kept, number, view.Counts[i], _next.Lengths[view.Chunks[i]]);
        }

        for (var old = 0; old < newNumbers.Length; old++)
            if (newNumbers[old] >= 0 && _next.Rows[old].Ordinal == 0)
                _next.Rows[old].Document!.FirstChunk = newNumbers[old];
        fresh.Publish();
        return fresh;
    }

    /// <summary>Writer only: appends one chunk's number.</summary>
    internal int AddSlot(IndexedDocument? document, int ordinal, int length)
    {
        var next = _next;
        var number = next.Watermark;
        if (number == next.Rows.Length)
        {
            var capacity = Math.Max(16, number + (number / 2));
            next = next with { Rows = Larger(next.Rows, capacity), Lengths = Larger(next.Lengths, capacity), DeadAt = Larger(next.DeadAt, capacity) };
        }

        next.Rows[number] = new Row(document, ordinal);
        next.Lengths[number] = length;
        next.DeadAt[number] = document is null ? 0 : Alive;
        _next = next with
        {
            Watermark = number + 1,
            Live = next.Live + (document is null ? 0 : 1),
            LiveTerms = next.LiveTerms + length,
        };
        return number;
    }

    /// <summary>Writer only: the vocabulary's term, added when new.</summary>
    internal Term AddTerm(string text)
    {
        var before = Vocabulary.Added;
        var term = Vocabulary.GetOrAdd(text);
        if (Vocabulary.Added != before)
            Similar.Add(term);
        else if (term.Postings.Live == 0)
            Vocabulary.NoteChange(term);
        return term;
    }

    /// <summary>Writer only: appends to a term's list.</summary>
    internal void AddPosting(Term term, int number, int count, int length)
    {
        term.Postings.Append(number, count, length);
        Volatile.Write(ref _postings, _postings + 1);
    }

    private static T[] Larger<T>(T[] array, int capacity)
    {
        var larger = new T[capacity];
        array.CopyTo(larger, 0);
        return larger;
    }

    /// <summary>A chunk: its document and which of its chunks.</summary>
    internal readonly record struct Row(IndexedDocument? Document, int Ordinal);

    /// <summary>What a reader sees. The arrays may be longer than the watermark, and are shared with the writer, who never changes what this watermark means.</summary>
    internal sealed record State(Row[] Rows, int[] Lengths, int[] DeadAt, int Watermark, int Live, long LiveTerms)
    {
        public bool IsVisible(int chunk) => Volatile.Read(ref DeadAt[chunk]) > Watermark;
    }
}
