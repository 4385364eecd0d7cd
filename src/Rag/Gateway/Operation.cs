namespace Rag.Gateway;

/// <summary>A parameter of an operation, for its OpenAPI description.</summary>
/// <param name="Name">Its name.</param>
/// <param name="In"><c>path</c>, <c>query</c> or <c>header</c>.</param>
/// <param name="Description">What it means.</param>
/// <param name="IsInteger">Whether it is a whole number; otherwise a text.</param>
public sealed record OperationParameter(string Name, string In, string Description, bool IsInteger = false);

/// <summary>A response header of an operation, for its OpenAPI description.</summary>
/// <param name="Status">The status that carries it.</param>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it means.</param>
public sealed record OperationHeader(int Status, string Name, string Description);

/// <summary>
/// What the OpenAPI document can't see, because handlers read requests themselves: parameters, response headers, whether a key is needed,
/// and that a response may also be a stream of events. Endpoint metadata; the host's document writer reads it.
/// </summary>
/// <param name="NeedsKey">Whether an API key is needed.</param>
/// <param name="Parameters">Path, query and header parameters.</param>
/// <param name="Headers">Response headers.</param>
/// <param name="EventStream">Description of the events that a 200 may be instead of JSON, or null.</param>
public sealed record Operation(
    bool NeedsKey, IReadOnlyList<OperationParameter> Parameters, IReadOnlyList<OperationHeader> Headers, string? EventStream = null)
{
    /// <summary>Whether the body may also be a form with a file.</summary>
    public bool FileForm { get; init; }
}
