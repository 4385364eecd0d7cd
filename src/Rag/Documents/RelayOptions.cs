using Microsoft.Extensions.Configuration;
using Rag.Hosting;

namespace Rag.Documents;

/// <summary>How work is announced when a broker carries it to ingestion; the configuration section <c>queue</c>.</summary>
/// <param name="Window">The most jobs that are announced and that nobody has claimed, <see cref="WindowSetting"/>.</param>
/// <param name="Again">When a job that nobody has claimed is announced again, <see cref="AgainSetting"/>.</param>
internal sealed record RelayOptions(int Window, TimeSpan Again)
{
    /// <summary><c>queue:window</c>.</summary>
    public static readonly Setting<int> WindowSetting = Setting.Whole(
        "queue:window", 2_000, 1, 100_000, "The most jobs that a broker is told of and that no worker has come for; the others wait in the outbox");

    /// <summary><c>queue:announce_again_seconds</c>.</summary>
    public static readonly Setting<TimeSpan> AgainSetting = Setting.Seconds(
        "queue:announce_again_seconds", 60, 0.1, 3_600, "When a job that no worker has come for is told of again, so that a broker may lose what it likes");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [WindowSetting, AgainSetting];

    /// <summary>Reads the section.</summary>
    /// <exception cref="InvalidOperationException">Values that are not permitted.</exception>
    public static RelayOptions Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var options = new RelayOptions(reader.Read(WindowSetting), reader.Read(AgainSetting));
        reader.ThrowIfWrong();
        return options;
    }
}
