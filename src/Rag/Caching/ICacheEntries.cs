namespace Rag.Caching;

/// <summary>
/// The cache for those who compute by themselves, such as an answer that is streamed while it is made: look first, keep afterwards.
/// An ability beside <see cref="ICaching"/>, over the same entries.
/// </summary>
public interface ICacheEntries
{
    /// <summary>The value of a key, or null when it is absent, over its life or of another type.</summary>
    ValueTask<T?> FindAsync<T>(string key, CancellationToken cancellationToken) where T : class;

    /// <summary>Keeps a value until its life ends or room is needed. Replaces the key's earlier value.</summary>
    ValueTask KeepAsync<T>(string key, T value, TimeSpan lifetime, CancellationToken cancellationToken) where T : class;
}

/// <summary>A value that knows how much memory it holds, so that a cache bounded by bytes can count it.</summary>
public interface ISizedValue
{
    /// <summary>Bytes held, estimated.</summary>
    long Bytes { get; }
}
