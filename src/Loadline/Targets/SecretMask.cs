using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Loadline.Targets;

/// <summary>
/// Covers secrets in texts that are kept or shown: as they are, as JSON, percent-encoded and in base64, and also where the text was cut in the middle of one.
/// </summary>
public static class SecretMask
{
    /// <summary>What stands in a secret's place.</summary>
    public const string Mark = "•••";

    // Shorter texts are in every other word, and are nobody's secret.
    private const int Shortest = 4;

    /// <summary>The text with every secret covered. Secrets under four characters are none.</summary>
    public static string Cover(string text, IReadOnlyList<string?> secrets)
    {
        foreach (var form in secrets.Where(secret => secret is { Length: >= Shortest }).SelectMany(secret => Forms(secret!)).Distinct(StringComparer.Ordinal).OrderByDescending(form => form.Length))
        {
            text = text.Replace(form, Mark, StringComparison.Ordinal);
            text = WithoutEndOf(text, form);
        }
        return text;
    }

    private static IEnumerable<string> Forms(string secret)
    {
        yield return secret;
        yield return Uri.EscapeDataString(secret);
        yield return JsonEncodedText.Encode(secret).Value;
        yield return JsonEncodedText.Encode(secret, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value;
        yield return Convert.ToBase64String(Encoding.UTF8.GetBytes(secret));
    }

    // A text that is cut at its limit may end with a secret's beginning.
    private static string WithoutEndOf(string text, string secret)
    {
        for (var length = Math.Min(secret.Length - 1, text.Length); length >= Shortest; length--)
            if (text.AsSpan().EndsWith(secret.AsSpan(0, length), StringComparison.Ordinal))
                return text[..^length] + Mark;
        return text;
    }
}
