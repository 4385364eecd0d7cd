using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Rag.Query;

/// <summary>The cache key of an answer: everything that it depends on, hashed, so that no question or turn can forge another's key and keys stay short.</summary>
internal static class AnswerKey
{
    public static string Of(AnswerRequest request, string model, long indexVersion)
    {
        var text = new StringBuilder(256);
        Add(text, request.Tenant);
        Add(text, Normalise(request.Question));
        Add(text, request.Filter?.Canonical ?? "");
        Add(text, model);
        text.Append(CultureInfo.InvariantCulture, $"{indexVersion};{request.TopK};{request.MaxTokens};{request.Temperature};");
        foreach (var (role, content) in request.History)
        {
            Add(text, role);
            Add(text, content);
        }

        return "answer:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }

    // Each part goes with its length: "ab"+"c" and "a"+"bc" are different keys.
    private static void Add(StringBuilder text, string part) => text.Append(part.Length).Append(':').Append(part);

    // Questions that differ in case or spacing only have one answer.
    private static string Normalise(string question) =>
        string.Join(' ', question.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).ToLowerInvariant();
}
