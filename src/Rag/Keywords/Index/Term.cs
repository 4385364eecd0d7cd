namespace Rag.Keywords.Index;

/// <summary>A term of one tenant's vocabulary.</summary>
/// <param name="text">The term.</param>
/// <param name="number">Its number in the vocabulary, in the order of arrival.</param>
internal sealed class Term(string text, int number)
{
    public string Text { get; } = text;
    public int Number { get; } = number;
    public Postings Postings { get; } = new();
}
