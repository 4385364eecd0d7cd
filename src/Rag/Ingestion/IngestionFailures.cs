using Rag.Errors;

namespace Rag.Ingestion;

/// <summary>Whose fault a failure is.</summary>
internal static class IngestionFailures
{
    /// <summary>Whether a dependency failed in a way that says nothing about the document.</summary>
    public static bool IsOutage(Exception error) => error switch
    {
        RagException rag => rag.Error is RagError.Unavailable or RagError.Overloaded or RagError.Throttled or RagError.DeadlineExceeded,
        AggregateException several => several.InnerExceptions.All(IsOutage),
        TimeoutException or OperationCanceledException or HttpRequestException or IOException => true,
        _ => false,
    };
}
