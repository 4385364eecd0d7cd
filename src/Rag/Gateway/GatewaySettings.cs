using Microsoft.Extensions.Configuration;
using Rag.Hosting;
using Rag.Seams;

namespace Rag.Gateway;

/// <summary>What the configuration says of the public API: the section <c>gateway</c>, and <c>admin_key</c>.</summary>
internal static class GatewaySettings
{
    private static readonly Setting<int> JsonBytes = Setting.Whole("gateway:json_bytes", 1 << 20, 1024, 1 << 28, "The largest JSON body");
    private static readonly Setting<int> FileBytes = Setting.Whole("gateway:file_bytes", 32 << 20, 1024, 1 << 30, "The largest uploaded file");
    private static readonly Setting<int> InFlight = Setting.Whole("gateway:in_flight", 8192, 1, 1_000_000, "Requests worked on at once; past them 503 at once");
    private static readonly Setting<int> Replicas = Setting.Whole("gateway:replicas", 1, 1, 1000, "How many gateways there are; while the shared rate limits can't be had, each lets 1/N of a user's limit pass");
    private static readonly Setting<bool> Shedding = Setting.Switch("gateway:shedding", true, "Whether requests are refused that the system can't serve in time");
    private static readonly Setting<int> SheddingLeast = Setting.Whole("gateway:shedding_least", 16, 1, 1_000_000, "The least limit that shedding goes down to, for each class of work");
    private static readonly Setting<int> SheddingFirst = Setting.Whole("gateway:shedding_first", 2048, 1, 1_000_000, "The limit before anything was seen");
    private static readonly Setting<int> SheddingMost = Setting.Whole("gateway:shedding_most", 4096, 1, 1_000_000, "The limit that shedding goes up to; at least gateway:shedding_least");
    private static readonly Setting<int> KnownKeyMinutes = Setting.Whole("gateway:known_key_minutes", 60, 0, 10_080, "How long after identity last confirmed a key it works without identity; 0 switches it off");
    private static readonly Setting<TimeSpan> AnswerTime = Setting.Seconds("gateway:answer_seconds", 120, 1, 3600, "Seconds that an answer may take");
    private static readonly Setting<TimeSpan> RequestTime = Setting.Seconds("gateway:request_seconds", 30, 1, 3600, "Seconds that any other request may take");
    private static readonly Setting<string?> AdminKey = Setting.Hidden("admin_key", "Opens POST /admin/keys and /admin/faults to whoever holds it; without it they are not there", shortest: 16);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [JsonBytes, FileBytes, InFlight, Replicas, Shedding, SheddingLeast, SheddingFirst, SheddingMost, KnownKeyMinutes, AnswerTime, RequestTime, AdminKey];

    /// <exception cref="InvalidOperationException">Values that are not permitted; the message names all of them.</exception>
    public static GatewayOptions Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var options = new GatewayOptions
        {
            JsonBytes = reader.Read(JsonBytes),
            FileBytes = reader.Read(FileBytes),
            InFlight = reader.Read(InFlight),
            Replicas = reader.Read(Replicas),
            Shedding = reader.Read(Shedding) && !reader.Read(SeamOptions.NaiveSetting),
            SheddingLeast = reader.Read(SheddingLeast),
            SheddingFirst = reader.Read(SheddingFirst),
            SheddingMost = reader.Read(SheddingMost),
            KnownKeyTime = TimeSpan.FromMinutes(reader.Read(KnownKeyMinutes)),
            AnswerTime = reader.Read(AnswerTime),
            RequestTime = reader.Read(RequestTime),
            AdminKey = reader.Read(AdminKey),
        };
        if (options.SheddingMost < options.SheddingLeast)
            reader.Refuse($"{SheddingMost.Path}: {options.SheddingMost} is not permitted; expected at least {SheddingLeast.Path}, {options.SheddingLeast}");
        reader.ThrowIfWrong();
        return options;
    }
}
