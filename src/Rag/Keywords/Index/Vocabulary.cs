using System.Collections.Concurrent;

namespace Rag.Keywords.Index;

/// <summary>One tenant's terms. One writer adds, any number of readers look up.</summary>
internal sealed class Vocabulary
{
    private const int ChangesKept = 1024;

    private readonly ConcurrentDictionary<string, Term> _terms = new(1, 31, StringComparer.Ordinal);
    private Term[] _byNumber = new Term[16];
    private int _added;
    private int _published;
    private Term[]? _changed; // a ring, made with the first change
    private long _noted;
    private long _changes;

    /// <summary>Writer only: terms added, published or not.</summary>
    public int Added => _added;

    /// <summary>Terms that readers may know of; those of a half-done write come after them.</summary>
    public int Count => Volatile.Read(ref _published);

    /// <summary>How often a term has lost its last chunk or come back.</summary>
    public long Changes => Volatile.Read(ref _changes);

    /// <summary>The terms that lost their last chunk or came back between two counts of <see cref="Changes"/>; null when that is too long ago to be known.</summary>
    public List<Term>? Changed(long since, long until)
    {
        var terms = new List<Term>((int)Math.Min(until - since, ChangesKept));
        if (until - since >= ChangesKept)
            return null;
        for (var at = since; at < until; at++)
            terms.Add(Volatile.Read(ref _changed)![at % ChangesKept]);
        // The writer may have come round meanwhile.
        return Volatile.Read(ref _noted) - since < ChangesKept ? terms : null;
    }

    public bool TryGet(string text, out Term term) => _terms.TryGetValue(text, out term!);

    /// <summary>The published terms with numbers from <paramref name="first"/> on.</summary>
    public ReadOnlySpan<Term> From(int first)
    {
        var count = Volatile.Read(ref _published);
        return Volatile.Read(ref _byNumber).AsSpan(first, count - first);
    }

    /// <summary>Writer only.</summary>
    public Term GetOrAdd(string text)
    {
        if (_terms.TryGetValue(text, out var term))
            return term;
        term = new Term(text, _added);
        if (_added == _byNumber.Length)
        {
            var larger = new Term[_added * 2];
            _byNumber.CopyTo(larger, 0);
            Volatile.Write(ref _byNumber, larger);
        }

        _byNumber[_added++] = term;
        _terms[text] = term;
        return term;
    }

    /// <summary>Writer only: a known term lost its last chunk or found a first one again.</summary>
    public void NoteChange(Term term)
    {
        if (_changed is null)
            Volatile.Write(ref _changed, new Term[ChangesKept]);
        _changed![_noted % ChangesKept] = term;
        Volatile.Write(ref _noted, _noted + 1);
    }

    /// <summary>Writer only: shows readers what was added since the last time.</summary>
    public void Publish()
    {
        Volatile.Write(ref _published, _added);
        Volatile.Write(ref _changes, _noted);
    }
}
