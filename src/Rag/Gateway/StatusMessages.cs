using System.ComponentModel;

namespace Rag.Gateway;

internal sealed record SystemStatus(
    [property: Description("Version of this server")] string Version,
    double UptimeSeconds,
    [property: Description("Services that this process hosts")] IReadOnlyList<ServiceStatus> Services,
    ModelsStatus Models,
    [property: Description("Null while the documents service does not answer")] QueueStatus? Queue,
    IndexStatus Index,
    [property: Description("Services that did not answer within half a second; what they alone know is absent")] IReadOnlyList<string> Unavailable,
    [property: Description("How the services that this process calls are doing, seen from here")] IReadOnlyList<DependencyStatus> Dependencies);

internal sealed record DependencyStatus(
    string Service,
    [property: Description("What the circuit breaker lets pass: closed (all), half_open (one probe), open (none)")] string Breaker,
    [property: Description("Calls in flight")] int InUse,
    [property: Description("Calls waiting for a place")] int Waiting,
    [property: Description("Replicas left out because they failed")] int PeersOut);

internal sealed record ServiceStatus(string Name, bool Ready, [property: Description("What it waits for")] string? Reason);

internal sealed record ModelsStatus(
    IReadOnlyList<string>? Generation,
    [property: Description("The model by which searches find: that of the index; while it is empty the configured one")] EmbeddingModelStatus? Embedding,
    [property: Description("Null unless the embedding model is being changed")] ModelChangeStatus? Change);

internal sealed record ModelChangeStatus(
    [property: Description("filling: the new index lacks documents, searches use the old one; switched: searches use the new one, the old one waits to be dropped")] string Phase,
    EmbeddingModelStatus From,
    EmbeddingModelStatus To,
    [property: Description("Documents in the old index, deletions included, when last counted")] long Documents,
    [property: Description("How many of them the new index lacks, about")] long Remaining);

internal sealed record EmbeddingModelStatus(string Id, string Version, int Dimensions);

internal sealed record QueueStatus(
    [property: Description("Jobs not yet done, those in hand included")] long Depth,
    double OldestSeconds,
    [property: Description("Jobs given up on")] long Quarantined);

internal sealed record IndexStatus(long? Documents, long? Chunks, long? VectorsBytes, long? DeletedVectors, long? Terms, long? KeywordsBytes);

internal sealed record Health(string Status, [property: Description("Services that are not ready")] IReadOnlyList<ServiceStatus>? Waiting = null);

internal sealed record IssueKeysBody([property: Description("1–10,000 requests, all or none")] IReadOnlyList<IssueKey> Keys);

internal sealed record IssueKey(
    [property: Description("1–128 letters, digits, '.', '_', '-', '@'")] string User,
    [property: Description("Same rule; default 'default'")] string? Tenant,
    [property: Description("Default: the server's")] int? RequestsPerMinute,
    [property: Description("Quota of a day (UTC); 0 for none; default: the server's")] int? RequestsPerDay,
    [property: Description("Quota of a day (UTC), of prompts, answers and embedded texts; 0 for none; default: the server's")] int? TokensPerDay);

internal sealed record IssuedKeysAnswer(IReadOnlyList<IssuedKeyItem> Keys);

internal sealed record IssuedKeyItem(string User, string Tenant, int RequestsPerMinute, [property: Description("Can't be had again")] string Key, int? RequestsPerDay = null, int? TokensPerDay = null);
