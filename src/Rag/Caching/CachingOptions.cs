using Microsoft.Extensions.Configuration;

namespace Rag.Caching;

/// <summary>Bounds of the in-process cache; the configuration section <c>caching</c>.</summary>
internal sealed record CachingOptions
{
    /// <summary>The most entries, <c>caching:entries</c>; default 10,000.</summary>
    public int Entries { get; init; } = 10_000;

    /// <summary>The most bytes, keys and values together, <c>caching:bytes</c>; default 64 MiB.</summary>
    public long Bytes { get; init; } = 64L << 20;

    public static CachingOptions Read(IConfiguration configuration)
    {
        var defaults = new CachingOptions();
        return new CachingOptions
        {
            Entries = AtLeastOne(configuration, "caching:entries", defaults.Entries),
            Bytes = AtLeastOne(configuration, "caching:bytes", defaults.Bytes),
        };
    }

    private static T AtLeastOne<T>(IConfiguration configuration, string path, T fallback) where T : System.Numerics.INumber<T>
    {
        if (configuration[path] is not { } text)
            return fallback;
        return T.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var value) && value >= T.One
            ? value
            : throw new InvalidOperationException($"{path}: '{text}' is not permitted; expected a whole number of at least 1");
    }
}
