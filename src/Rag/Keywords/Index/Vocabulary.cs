using System.Collections.Concurrent;

namespace Rag.Keywords.Index;

/// <summary>One tenant's terms. One writer adds, any number of readers look up.</summary>
internal sealed class Vocabulary
{
    private readonly ConcurrentDictionary<string, Term> _terms = new(1, 31, StringComparer.Ordinal);
    private Term[] _byNumber = new Term[16];
    private int _added;
    private int _published;
    private int _revivals;
    private bool _revived;

    /// <summary>Writer only: terms added, published or not.</summary>
    public int Added => _added;

    /// <summary>Terms that readers may know of; those of a half-done write come after them.</summary>
    public int Count => Volatile.Read(ref _published);

    /// <summary>Changes when a term lost its last chunk or came back: what was concluded from the set of living terms is void then.</summary>
    public int Revivals => Volatile.Read(ref _revivals);

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
    public void NoteRevival() => _revived = true;

    /// <summary>Writer only: shows readers what was added since the last time.</summary>
    public void Publish()
    {
        Volatile.Write(ref _published, _added);
        if (!_revived)
            return;
        _revived = false;
        Volatile.Write(ref _revivals, _revivals + 1);
    }
}
