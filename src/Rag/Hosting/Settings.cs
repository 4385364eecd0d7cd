using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Rag.Hosting;

/// <summary>Reads single values of the configuration, each with its rule.</summary>
public static class Settings
{
    /// <summary>A whole number; <paramref name="fallback"/> where the configuration says nothing.</summary>
    /// <exception cref="InvalidOperationException">The value is no whole number from <paramref name="min"/> to <paramref name="max"/>; the message names the path and the rule.</exception>
    public static int Whole(this IConfiguration configuration, string path, int fallback, int min, int max)
    {
        if (configuration[path] is not { } text)
            return fallback;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max
            ? value
            : throw new InvalidOperationException($"{path}: '{text}' is not permitted; expected a whole number from {min} to {max}");
    }
}
