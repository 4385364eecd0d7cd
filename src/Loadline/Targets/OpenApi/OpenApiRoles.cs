using System.Text.Json.Nodes;

namespace Loadline.Targets.OpenApi;

/// <summary>What an operation does for a load test.</summary>
internal enum OpenApiRole
{
    /// <summary>Answers a question.</summary>
    Query,

    /// <summary>Finds passages or documents.</summary>
    Search,

    /// <summary>Takes a document in.</summary>
    Upload,

    /// <summary>Says how far an upload is.</summary>
    DocumentStatus,

    /// <summary>Says that the service lives.</summary>
    Health,
}

/// <summary>
/// Guesses roles from names: points for words in paths, ids and summaries, more for fields that only such an operation has. Guesses are for a person to check,
/// so the second best is told, too.
/// </summary>
internal static class OpenApiRoles
{
    private const int LeastPoints = 8;

    internal static readonly string[] QuestionFields = ["question", "query", "q", "prompt", "message", "input", "user_input", "user_query", "text", "messages"];
    internal static readonly string[] AnswerFields = ["answer", "response", "result", "output", "completion", "generated_text", "reply", "message", "content", "text", "choices"];
    internal static readonly string[] TextFields = ["text", "content", "document", "body", "page_content", "raw_text", "texts", "documents", "data"];
    internal static readonly string[] StateFields = ["status", "state", "indexing_status", "ingestion_status", "stage", "progress_status"];

    private static readonly Dictionary<OpenApiRole, (string[] Strong, string[] Weak, string[] Against)> Words = new()
    {
        [OpenApiRole.Query] = (["query", "ask", "rag", "answer", "chat", "qa", "question", "completions"], ["generate", "answers", "questions", "conversation", "message", "messages"], ["upload", "ingest", "feedback", "history", "embeddings", "delete", "sessions", "retrieve"]),
        [OpenApiRole.Search] = (["search", "retrieve", "retrieval"], ["similar", "semantic", "find", "hybrid", "passages", "results"], ["upload", "ingest", "history", "answer", "delete"]),
        [OpenApiRole.Upload] = (["upload", "ingest", "ingestion", "documents", "document"], ["files", "file", "add", "insert", "index", "texts", "import", "knowledge"], ["query", "search", "delete", "chat", "ask", "status", "retrieve"]),
        [OpenApiRole.DocumentStatus] = (["status", "state", "progress"], ["documents", "document", "jobs", "job", "tasks", "task", "upload", "ingestion"], ["query", "search", "health"]),
        [OpenApiRole.Health] = (["health", "healthz", "ready", "readyz", "live", "livez", "ping", "heartbeat"], ["status", "version", "info"], []),
    };

    /// <summary>The best operation for a role and the runner-up; null for none.</summary>
    internal static (OpenApiOperation? Best, OpenApiOperation? Second) Choose(OpenApiDocument document, OpenApiRole role)
    {
        var ranked = document.Operations
            .Select((operation, index) => (Operation: operation, Points: Points(document.Root, operation, role), Index: index))
            .Where(candidate => candidate.Points >= LeastPoints)
            .OrderByDescending(candidate => candidate.Points).ThenBy(candidate => candidate.Index).ToList();
        return (ranked.ElementAtOrDefault(0).Operation, ranked.ElementAtOrDefault(1).Operation);
    }

    /// <summary>Whether an operation looks more like one role than like another.</summary>
    internal static bool IsRather(OpenApiDocument document, OpenApiOperation operation, OpenApiRole role, OpenApiRole than) =>
        Points(document.Root, operation, role) > Points(document.Root, operation, than);

    /// <summary>The field of a schema that has one of the names; the earlier name wins.</summary>
    internal static (string Name, JsonObject Schema)? Field(IReadOnlyList<(string Name, JsonObject Schema)> properties, string[] names)
    {
        foreach (var name in names)
            foreach (var property in properties)
                if (Same(property.Name, name))
                    return property;
        return null;
    }

    /// <summary>Whether two names are the same but for case and marks: <c>documentId</c>, <c>document_id</c>.</summary>
    internal static bool Same(string one, string other) =>
        string.Equals(one.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal), other.Replace("_", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);

    private static int Points(JsonObject root, OpenApiOperation operation, OpenApiRole role)
    {
        var (strong, weak, against) = Words[role];
        var last = operation.LastWords;
        var words = operation.Words.Distinct(StringComparer.Ordinal).ToList();
        var points = (4 * last.Count(strong.Contains)) + (4 * Math.Min(2, words.Count(strong.Contains))) + Math.Min(3, words.Count(weak.Contains)) - (5 * last.Count(against.Contains)) - (2 * words.Count(against.Contains));
        var asked = OpenApiSchema.Properties(root, operation.Body);
        var answered = OpenApiSchema.Properties(root, operation.Answer);
        var question = Field(asked, QuestionFields) is not null || operation.Parameters.Any(parameter => !parameter.InPath && QuestionFields.Take(3).Any(name => Same(parameter.Name, name)));
        var reads = operation.Method is "GET";
        return role switch
        {
            OpenApiRole.Query => question && operation.Method is "POST" or "GET" ? points + 6 + (reads ? 0 : 2) + (Field(answered, AnswerFields) is not null ? 4 : 0) + (operation.Streams is not null ? 1 : 0) - (operation.Path.Contains("stream", StringComparison.OrdinalIgnoreCase) ? 3 : 0) : 0,
            OpenApiRole.Search => question && operation.Method is "POST" or "GET" ? points + 4 - (Field(answered, ["answer"]) is not null ? 6 : 0) : 0,
            OpenApiRole.Upload => operation.Method is "POST" or "PUT" && Takes(root, asked) && Field(asked, ["question", "query"]) is null ? points + 6 + (operation.Method == "POST" ? 1 : 0) : 0,
            OpenApiRole.DocumentStatus => reads && operation.Parameters.Count > 0 && Field(answered, StateFields) is not null ? points + 6
                : reads && operation.Parameters.Any(parameter => parameter.InPath) ? points : 0,
            _ => reads && operation.Parameters.Count(parameter => parameter.Required) == 0 ? points + 4 - (2 * operation.Path.Count(c => c == '/')) : 0,
        };
    }

    private static bool Takes(JsonObject root, IReadOnlyList<(string Name, JsonObject Schema)> asked) =>
        Field(asked, TextFields) is not null || asked.Any(field => OpenApiSchema.IsFile(root, field.Schema));
}
