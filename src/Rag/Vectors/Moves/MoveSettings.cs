using Microsoft.Extensions.Configuration;
using Rag.Hosting;

namespace Rag.Vectors.Moves;

/// <summary>How an index is moved to another model; the same for every engine of vectors.</summary>
/// <param name="KeepOldIndex">How long the old index stays after the switch, see <see cref="KeepSetting"/>.</param>
public sealed record MoveSettings(TimeSpan KeepOldIndex)
{
    /// <summary><c>vectors:keep_old_index_seconds</c>. Not below the 3 s that other processes may take to hear of a switch and the 5 s that a write of theirs may be under way by then.</summary>
    public static readonly Setting<TimeSpan> KeepSetting = Setting.Seconds(
        "vectors:keep_old_index_seconds", 60, 10, 86_400, "After a change of the embedding model: how long the index of the old one is kept before it is dropped; what still reached it alone is brought into the new one until then");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [KeepSetting];

    /// <summary>Reads them.</summary>
    /// <exception cref="InvalidOperationException">Values that are not permitted.</exception>
    public static MoveSettings Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var settings = new MoveSettings(reader.Read(KeepSetting));
        reader.ThrowIfWrong();
        return settings;
    }
}
