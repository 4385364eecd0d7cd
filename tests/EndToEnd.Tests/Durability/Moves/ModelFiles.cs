namespace EndToEnd.Tests.Durability.Moves;

/// <summary>The configurations between which the model is changed. Times are generous: how fast a busy machine answers is not what is tested.</summary>
internal static class ModelFiles
{
    public const int New = 512; // 384 before

    /// <summary>The one before.</summary>
    public static string Before(TemporaryFolder folder) => Write(folder, "before.yaml", "");

    /// <summary>The change.</summary>
    /// <param name="folder">Where the file goes.</param>
    /// <param name="pace">Documents that are embedded anew in a second, at most.</param>
    public static string Change(TemporaryFolder folder, int pace) => Write(folder, $"change-{pace}.yaml", $"embedding:\n  next:\n    dimensions: {New}\ningestion:\n  reembed_per_second: {pace}\n");

    /// <summary>What is left when it is done.</summary>
    public static string After(TemporaryFolder folder) => Write(folder, "after.yaml", $"embedding:\n  dimensions: {New}\n");

    private static string Write(TemporaryFolder folder, string name, string embedding)
    {
        File.WriteAllText(folder[name], embedding + """
            vectors:
              keep_old_index_seconds: 10
            gateway:
              shedding: false
            seams:
              embedding: { cap_ms: 10000 }
              vectors: { cap_ms: 10000 }
              keywords: { cap_ms: 10000 }
              search: { cap_ms: 20000 }
              documents: { cap_ms: 20000 }
              identity: { cap_ms: 10000 }
              caching: { cap_ms: 10000 }
            """);
        return folder[name];
    }
}
