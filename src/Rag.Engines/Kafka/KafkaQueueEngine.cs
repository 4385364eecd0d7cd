using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.DependencyInjection;
using Rag.Hosting;
using Rag.Ingestion;

namespace Rag.Engines.Kafka;

/// <summary>Kafka as the engine of the queue: carries the word of work from the documents' outbox to any number of ingestion processes.</summary>
internal sealed class KafkaQueueEngine : Engine
{
    public override string Seam => "queue";

    public override string Name => "kafka";

    public override string Description => "Kafka: notices of work, keyed by document, for any number of ingestion processes";

    public override IReadOnlyList<string> Services => ["documents", "ingestion"];

    public override bool Shared => true;

    public override IReadOnlyList<Setting> Settings => KafkaOptions.All;

    public override void Register(IServiceCollection services, EngineContext context)
    {
        services.AddSingleton(KafkaOptions.Read(context.Configuration));
        if (context.Hosts("documents"))
            services.AddSingleton<IJobAnnouncer, KafkaAnnouncer>();
        if (context.Hosts("ingestion"))
            services.AddSingleton<IJobReceiver, KafkaReceiver>();
    }

    public override async ValueTask<IReadOnlyList<Finding>> CheckAsync(EngineContext context, CancellationToken cancellationToken)
    {
        var options = KafkaOptions.Read(context.Configuration);
        var findings = new List<Finding>();
        try
        {
            var all = await Task.Run(() => Ask(options), cancellationToken).ConfigureAwait(false);
            findings.Add(new Finding(true, $"Kafka at {options.BootstrapServers}: {all.Brokers.Count} brokers; client librdkafka {Library.VersionString}"));
            foreach (var name in (string[])[options.Topic, options.DeadTopic])
                findings.Add(all.Topics.Find(topic => topic.Topic == name) is { Error.IsError: false } topic
                    ? new Finding(true, $"topic {name}: {topic.Partitions.Count} partitions")
                    : new Finding(false, $"topic {name} isn't there", "rag migrate makes it; without it the brokers must allow topics to appear by themselves (auto.create.topics.enable)"));
            if (OldBrokers.Lacking(options) is { } lacking)
                findings.Add(lacking);
            else if (options.Client.TryGetValue("enable.idempotence", out var idempotence) && idempotence == "false")
                findings.Add(new Finding(true, "the producer is not idempotent: a broker's hiccup may tell of a job twice, which ingestion passes over"));
        }
        catch (Exception error) when (error is KafkaException or InvalidOperationException or ArgumentException)
        {
            findings.Add(await Task.Run(() => OldBrokers.Answering(options, Ask), cancellationToken).ConfigureAwait(false)
                ?? new Finding(false, $"Kafka at {options.BootstrapServers} did not answer: {(error as KafkaException)?.Error.Reason ?? error.Message}",
                "start the brokers, or correct kafka:bootstrap_servers and, for security and old brokers, kafka:client"));
        }

        return findings;
    }

    public override async ValueTask<IReadOnlyList<string>> MigrateAsync(EngineContext context, CancellationToken cancellationToken)
    {
        var options = KafkaOptions.Read(context.Configuration);
        try
        {
            using var admin = Admin(options);
            var there = (await Task.Run(() => admin.GetMetadata(options.Timeout), cancellationToken).ConfigureAwait(false)).Topics
                .Where(topic => !topic.Error.IsError).Select(topic => topic.Topic).ToHashSet();
            var done = new List<string>();
            foreach (var name in (string[])[options.Topic, options.DeadTopic])
                if (!there.Contains(name))
                    done.Add(await CreateAsync(admin, options, name, cancellationToken).ConfigureAwait(false));
            return done;
        }
        catch (KafkaException error)
        {
            throw KafkaFailures.Of(error);
        }
    }

    private static Confluent.Kafka.Metadata Ask(KafkaOptions options)
    {
        using var admin = Admin(options);
        return admin.GetMetadata(options.Timeout);
    }

    private static IAdminClient Admin(KafkaOptions options) =>
        new AdminClientBuilder(options.Producer()).SetLogHandler(static (_, _) => { }).SetErrorHandler(static (_, _) => { }).Build();

    private static async Task<string> CreateAsync(IAdminClient admin, KafkaOptions options, string name, CancellationToken cancellationToken)
    {
        if (!OldBrokers.MakeTopics(options))
            return await AskForAsync(admin, options, name, cancellationToken).ConfigureAwait(false);
        try
        {
            await admin.CreateTopicsAsync(
                [new TopicSpecification { Name = name, NumPartitions = options.Partitions, ReplicationFactor = (short)options.Replication }],
                new CreateTopicsOptions { RequestTimeout = options.Timeout, OperationTimeout = options.Timeout }).WaitAsync(cancellationToken).ConfigureAwait(false);
            return $"topic {name} made, with {options.Partitions} partitions";
        }
        catch (CreateTopicsException error) when (error.Results.All(result => result.Error.Code == ErrorCode.TopicAlreadyExists))
        {
            return $"topic {name} was made by another meanwhile";
        }
        catch (KafkaException error) when (error.Error.Code is ErrorCode.Local_UnsupportedFeature or ErrorCode.UnsupportedVersion or ErrorCode.Local_TimedOut)
        {
            return await AskForAsync(admin, options, name, cancellationToken).ConfigureAwait(false);
        }
    }

    // Brokers before 0.10.1 can't be told to make one; they make topics when they are asked about them, with as many partitions as they are set to. Those that are
    // down don't answer this either.
    private static async Task<string> AskForAsync(IAdminClient admin, KafkaOptions options, string name, CancellationToken cancellationToken)
    {
        await Task.Run(() => admin.GetMetadata(name, options.Timeout), cancellationToken).ConfigureAwait(false);
        return $"topic {name} asked for; old brokers make it with their own number of partitions";
    }
}
