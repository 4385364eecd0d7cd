using System.Numerics;

namespace Loadline.Llm;

/// <summary>A sentence of a prompt, which words of the question it has, and the number of its passage (0 for none).</summary>
internal readonly record struct PromptSentence(PromptRange Range, uint Words, int Passage, bool Whole, uint Hash);

/// <summary>Finds the sentences of a prompt that answer its question best. All in one pass over the characters: a prompt has thousands, and waits for it.</summary>
internal static class Sentences
{
    private const int MaxQuestionWords = 32;

    // So common in questions that sharing one says nothing.
    private static readonly HashSet<uint> Common = [.. "what which who whom whose when where why how does did the and are was were has have had for from with that this its can could will would about into than then their there they you your not any all many much"
        .Split(' ').Select(word => HashOf(word))];

    /// <summary>The sentences that share words with the question, best first; rarer words weigh more, ties go to the earlier.</summary>
    /// <param name="messages">The prompt.</param>
    /// <param name="question">Left out itself.</param>
    /// <param name="words">The number of words in the whole prompt.</param>
    public static List<PromptSentence> Rank(IReadOnlyList<PromptMessage> messages, PromptRange question, out int words)
    {
        Span<uint> asked = stackalloc uint[MaxQuestionWords];
        asked = asked[..QuestionWords(question.In(messages), asked)];
        var sentences = new List<PromptSentence>(64);
        words = 0;
        for (var i = 0; i < messages.Count; i++)
            words += Collect(messages[i].Content, i, question, asked, sentences);

        Span<int> seen = stackalloc int[MaxQuestionWords];
        seen.Clear();
        foreach (var sentence in sentences)
        {
            for (var bits = sentence.Words; bits != 0; bits &= bits - 1)
                seen[BitOperations.TrailingZeroCount(bits)]++;
        }
        var scored = new List<(double Score, int Index)>();
        for (var i = 0; i < sentences.Count; i++)
        {
            double score = 0;
            for (var bits = sentences[i].Words; bits != 0; bits &= bits - 1)
                score += Math.Log(1 + sentences.Count / (double)seen[BitOperations.TrailingZeroCount(bits)]);
            if (score > 0)
                scored.Add((sentences[i].Whole ? score : score / 3, i)); // a heading shares words, but says nothing
        }
        scored.Sort(static (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Index.CompareTo(b.Index));

        var ranked = new List<PromptSentence>(scored.Count);
        var said = new HashSet<uint>(scored.Count); // chunks overlap: the same sentence comes twice
        foreach (var (_, index) in scored)
        {
            if (said.Add(sentences[index].Hash))
                ranked.Add(sentences[index]);
        }
        return ranked;
    }

    private static int QuestionWords(ReadOnlySpan<char> question, Span<uint> into)
    {
        var count = 0;
        for (var i = 0; i < question.Length && count < into.Length;)
        {
            if (!NextWord(question, ref i, out var hash, out var length))
                break;
            if (length > 1 && !Common.Contains(hash) && !into[..count].Contains(hash))
                into[count++] = hash;
        }
        return count;
    }

    /// <summary>Adds a message's sentences; returns how many words it has, the question's included.</summary>
    private static int Collect(ReadOnlySpan<char> text, int message, PromptRange question, ReadOnlySpan<uint> asked, List<PromptSentence> into)
    {
        int words = 0, passage = 0, start = -1, sentenceWords = 0;
        uint shared = 0, hash = 0;
        for (var i = 0; i < text.Length;)
        {
            if (message == question.Message && i == question.Start && question.Length > 0)
            {
                words += CountWords(text.Slice(i, question.Length));
                i += question.Length;
                start = -1;
                (sentenceWords, shared, hash) = (0, 0, 0);
                continue;
            }
            var c = text[i];
            if (char.IsLetterOrDigit(c))
            {
                if (start < 0)
                    start = i;
                NextWord(text, ref i, out var word, out _);
                words++;
                sentenceWords++;
                hash = BitOperations.RotateLeft(hash, 5) ^ word;
                var at = asked.IndexOf(word);
                if (at >= 0)
                    shared |= 1u << at;
                if (i < text.Length)
                    continue;
            }
            else if (c == '[' && (i == 0 || text[i - 1] == '\n') && PassageNumber(text[i..], out var number, out var length))
            {
                passage = number;
                i += length;
                start = -1;
                continue;
            }
            else
            {
                i++;
            }

            var stop = c is '.' or '!' or '?' && (i >= text.Length || char.IsWhiteSpace(text[i]));
            if (start < 0 || !(stop || c == '\n' || i >= text.Length))
                continue;
            var end = c == '\n' ? i - 1 : i;
            into.Add(new(new(message, start, end - start), shared, passage, stop && sentenceWords > 2, hash));
            start = -1;
            (sentenceWords, shared, hash) = (0, 0, 0);
        }
        return words;
    }

    private static int CountWords(ReadOnlySpan<char> text)
    {
        var words = 0;
        for (var i = 0; NextWord(text, ref i, out _, out _);)
            words++;
        return words;
    }

    private static bool PassageNumber(ReadOnlySpan<char> text, out int number, out int length)
    {
        number = 0;
        for (length = 1; length < text.Length && length < 6 && char.IsAsciiDigit(text[length]); length++)
            number = number * 10 + (text[length] - '0');
        return length > 1 && length < text.Length && text[length++] == ']';
    }

    /// <summary>Moves past the next word and hashes it (FNV-1a over lower case, a plural's s left off).</summary>
    private static bool NextWord(ReadOnlySpan<char> text, ref int i, out uint hash, out int length)
    {
        while (i < text.Length && !char.IsLetterOrDigit(text[i]))
            i++;
        var start = i;
        while (i < text.Length && char.IsLetterOrDigit(text[i]))
            i++;
        length = i - start;
        hash = HashOf(text.Slice(start, length));
        return length > 0;
    }

    private static uint HashOf(ReadOnlySpan<char> word)
    {
        if (word.Length > 3 && word[^1] is 's' or 'S')
            word = word[..^1];
        var hash = 2166136261u;
        foreach (var c in word)
            hash = (hash ^ (char.IsAscii(c) ? (char)(c | (c is >= 'A' and <= 'Z' ? 0x20 : 0)) : char.ToLowerInvariant(c))) * 16777619;
        return hash;
    }
}
