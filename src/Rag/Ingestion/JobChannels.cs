namespace Rag.Ingestion;

/// <summary>
/// Where the documents service tells of work when a broker stands between it and ingestion. Thread-safe. Failures are <see cref="Errors.RagException"/>s within
/// the engine's time-out, and what was announced may then have been announced all the same.
/// <code>
///   outbox ─▶ relay ─Announce─▶ broker ─Receive─▶ ingestion ─Claim (by name)─▶ outbox
///                                  ▲                  │
///                                  └── Acknowledge ◀──┴─ Complete ─▶ outbox
/// </code>
/// </summary>
public interface IJobAnnouncer
{
    /// <summary>Tells of jobs; once it returns, the broker has them as safely as it keeps anything.</summary>
    ValueTask AnnounceAsync(IReadOnlyList<JobNotice> notices, CancellationToken cancellationToken);

    /// <summary>Files jobs that were given up on among the dead letters, for people to look at.</summary>
    ValueTask BuryAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken);

    /// <summary>How far those who receive are behind.</summary>
    ValueTask<JobChannelState> DescribeAsync(CancellationToken cancellationToken);
}

/// <summary>
/// Where ingestion hears of work. Each notice reaches some receiver at least once: again when the one who had it died, or when the broker moved work between
/// receivers. Thread-safe. While the broker is down it is silent, or throws a <see cref="Errors.RagException"/> within the engine's time-out.
/// </summary>
public interface IJobReceiver
{
    /// <summary>Notices in the order in which they came, at most <paramref name="max"/>; waits for the first, and returns empty when <paramref name="wait"/> is over.</summary>
    ValueTask<IReadOnlyList<ReceivedNotice>> ReceiveAsync(int max, TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>Says that notices are done with. Those that another receiver has by now are left alone.</summary>
    ValueTask AcknowledgeAsync(IReadOnlyList<ReceivedNotice> notices, CancellationToken cancellationToken);
}

/// <summary>A notice as received.</summary>
/// <param name="Notice">The notice.</param>
/// <param name="Place">Where it stands in the broker; the engine's own.</param>
public sealed record ReceivedNotice(JobNotice Notice, object Place);

/// <summary>What waits in a channel.</summary>
/// <param name="Messages">Notices that are not acknowledged, those in hand included.</param>
/// <param name="Age">How long ago the oldest of them was announced; zero when there is none.</param>
public sealed record JobChannelState(long Messages, TimeSpan Age);
