using Rag.Caching;
using Rag.Search;

namespace Rag.Query;

/// <summary>A whole answer, kept to be told again.</summary>
internal sealed record CachedAnswer(IReadOnlyList<SearchResult> Citations, string Text, AnswerEnd End) : ISizedValue
{
    public long Bytes { get; } = 200 + 2L * Text.Length + Citations.Sum(c => 100 + 2L * (c.Title.Length + c.Text.Length + c.Key.DocumentId.Length));
}
