using System.ComponentModel;

namespace Rag.Gateway.Metering;

internal sealed record UsageAnswer(
    [property: Description("The first day (UTC)")] string From,
    [property: Description("The last day (UTC)")] string To,
    [property: Description("The user's quota of today; absent without one")] QuotaItem? Quota,
    [property: Description("A line for each day, key and operation with any usage, in order; the last second or two may be missing")] IReadOnlyList<UsageItem> Usage,
    [property: Description("Give it as 'after' for what follows; absent at the end")] string? Next);

internal sealed record QuotaItem(
    [property: Description("Requests permitted a day (UTC); absent for no bound")] int? RequestsPerDay,
    [property: Description("Tokens permitted a day (UTC); absent for no bound")] int? TokensPerDay,
    [property: Description("Requests of today, as this gateway knows")] long RequestsToday,
    [property: Description("Tokens of today, as this gateway knows")] long TokensToday);

internal sealed record UsageItem(
    [property: Description("The day (UTC)")] string Day,
    string Tenant,
    string User,
    [property: Description("Which key, as 'rag keys list' names it")] string Key,
    [property: Description("query, search, upload, read, delete, chat, embeddings or models")] string Operation,
    [property: Description("Requests that were let in, those that failed afterwards included")] long Requests,
    [property: Description("Tokens that a model was given for answers; cached answers took none")] long PromptTokens,
    [property: Description("Tokens that it made")] long CompletionTokens,
    [property: Description("Texts embedded for the user; those of uploads are not counted")] long Texts,
    [property: Description("Tokens of those texts")] long EmbeddedTokens,
    [property: Description("Document versions accepted")] long Documents,
    [property: Description("Bytes of those, as uploaded")] long Bytes);
