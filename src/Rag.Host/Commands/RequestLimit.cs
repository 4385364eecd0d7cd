using System.Globalization;

namespace Rag.Host.Commands;

/// <summary>The value of <c>--limit</c>: <c>300/min</c>, or the number alone.</summary>
internal static class RequestLimit
{
    public static int? Parse(string? text)
    {
        if (text is null)
            return null;
        var number = text.EndsWith("/min", StringComparison.Ordinal) ? text[..^4] : text;
        return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            ? limit
            : throw new CommandException(ExitCode.InvalidArguments, $"--limit: '{text}' is not permitted; expected requests per minute, such as 300/min");
    }
}
