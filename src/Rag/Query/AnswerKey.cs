using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Rag.Query;

/// <summary>The cache key of an answer: everything that it depends on, hashed, so that no question or turn can forge another's key and keys stay short.</summary>
/// <remarks>What the documents were is no part of it: the cache guards that with the tenant's generation.</remarks>
internal static class AnswerKey
{
    /// <summary>The key of a question's answer.</summary>
    public static string Of(AnswerRequest request, string model)
    {
        var text = new StringBuilder(256);
        AddScope(text, request, model);
        Add(text, Normalise(request.Question));
        foreach (var (role, content) in request.History)
        {
            Add(text, role);
            Add(text, content);
        }

        return "answer:" + Hash(text);
    }

    /// <summary>Everything that an answer depends on but the question and earlier turns.</summary>
    public static string Scope(AnswerRequest request, string model, long generation)
    {
        var text = new StringBuilder(128);
        AddScope(text, request, model);
        text.Append(CultureInfo.InvariantCulture, $"{generation}");
        return Hash(text);
    }

    private static void AddScope(StringBuilder text, AnswerRequest request, string model)
    {
        Add(text, request.Tenant);
        Add(text, request.Filter?.Canonical ?? "");
        Add(text, model);
        text.Append(CultureInfo.InvariantCulture, $"{request.TopK};{request.MaxTokens};{request.Temperature};");
    }

    private static string Hash(StringBuilder text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));

    // Each part goes with its length: "ab"+"c" and "a"+"bc" are different keys.
    private static void Add(StringBuilder text, string part) => text.Append(part.Length).Append(':').Append(part);

    // Questions that differ in case or spacing only have one answer.
    private static string Normalise(string question) =>
        string.Join(' ', question.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).ToLowerInvariant();
}
