namespace Loadline.Llm;

/// <summary>A piece of a prompt's message.</summary>
internal readonly record struct PromptRange(int Message, int Start, int Length)
{
    public ReadOnlySpan<char> In(IReadOnlyList<PromptMessage> messages) => messages[Message].Content.AsSpan(Start, Length);
}

/// <summary>Finds the question in a prompt that any RAG system may have written.</summary>
internal static class Prompt
{
    private static readonly string[] Markers = ["question:", "query:", "user question:", "user query:"];

    /// <summary>
    /// The question: in the last user message, the paragraph after a line that begins with <c>Question:</c> or <c>Query:</c> (the last such line);
    /// else its last paragraph that ends with a question mark; else its last paragraph.
    /// </summary>
    public static PromptRange FindQuestion(IReadOnlyList<PromptMessage> messages)
    {
        var index = messages.Count - 1;
        while (index > 0 && messages[index].Role != "user")
            index--;
        var text = messages[index].Content;
        if (AfterMarker(text) is { } marked)
            return marked with { Message = index };

        PromptRange? last = null, asked = null;
        foreach (var range in text.AsSpan().Split("\n\n"))
        {
            var (start, length) = Trimmed(text, range.Start.GetOffset(text.Length), range.End.GetOffset(text.Length));
            if (length == 0)
                continue;
            last = new(index, start, length);
            if (text[start + length - 1] == '?')
                asked = last;
        }
        return asked ?? last ?? new(index, 0, text.Length);
    }

    private static PromptRange? AfterMarker(string text)
    {
        for (var from = text.Length; from > 0;)
        {
            var colon = text.LastIndexOf(':', from - 1);
            if (colon < 0)
                return null;
            from = colon;
            var line = text.LastIndexOf('\n', colon) + 1;
            var label = text.AsSpan(line, colon - line + 1).Trim(" #*");
            if (!IsMarker(label))
                continue;
            var paragraph = text.IndexOf("\n\n", colon, StringComparison.Ordinal);
            var (start, length) = Trimmed(text, colon + 1, paragraph < 0 ? text.Length : paragraph);
            if (length > 0)
                return new(0, start, length);
        }
        return null;
    }

    private static bool IsMarker(ReadOnlySpan<char> label)
    {
        foreach (var marker in Markers)
        {
            if (label.Equals(marker, StringComparison.OrdinalIgnoreCase))
                return true;
        }
        return false;
    }

    private static (int Start, int Length) Trimmed(string text, int start, int end)
    {
        while (start < end && (char.IsWhiteSpace(text[start]) || text[start] == '*'))
            start++;
        while (end > start && char.IsWhiteSpace(text[end - 1]))
            end--;
        return (start, end - start);
    }
}
