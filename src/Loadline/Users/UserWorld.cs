using Loadline.Plans;
using Loadline.Recording;
using Loadline.Targets;
using Loadline.Users.Feeds;
using Loadline.Wire;

namespace Loadline.Users;

/// <summary>What all users of a scenario share.</summary>
internal sealed class UserWorld
{
    /// <summary>One exchange in so many keeps its text, beside failures and slow ones.</summary>
    internal const int KeepOneIn = 500;

    internal required Plan Plan { get; init; }

    internal required Scenario Scenario { get; init; }

    /// <summary>The index of the scenario's first user: each user of a plan has one of its own, and with it a name, a key and documents.</summary>
    internal required int FirstUser { get; init; }

    internal Load Load => Scenario.Load;

    internal required TargetProfile Profile { get; init; }

    internal required IReadOnlyList<string> Keys { get; init; }

    internal required IReadOnlyList<string>? CorpusIds { get; init; }

    internal required DataFeed Feed { get; init; }

    internal required IWire Wire { get; init; }

    internal required IExchangeSink Sink { get; init; }

    internal required RunClock Clock { get; init; }

    internal required AlarmClock Alarms { get; init; }

    internal required PopulationGauges Gauges { get; init; }

    internal required UploadWatch Watch { get; init; }

    /// <summary>Holds the load for a while; null where nobody can.</summary>
    internal PauseGate? Pauses { get; init; }

    internal required WeightedChoice<OperationProfile> Operations { get; init; }
}
