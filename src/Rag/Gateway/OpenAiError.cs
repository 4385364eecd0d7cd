namespace Rag.Gateway;

/// <summary>An error as OpenAI's clients expect it under <c>/v1</c>.</summary>
internal sealed record OpenAiError(OpenAiErrorBody Error)
{
    public static OpenAiError Of(Problem problem)
    {
        var (type, code) = problem.Status switch
        {
            401 => ("invalid_request_error", "invalid_api_key"),
            403 => ("invalid_request_error", "permission_denied"),
            404 => ("invalid_request_error", "model_not_found"),
            429 => ("requests", "rate_limit_exceeded"),
            < 500 => ("invalid_request_error", problem.Code),
            _ => ("server_error", problem.Code),
        };
        return new OpenAiError(new OpenAiErrorBody(problem.Detail, type, problem.Errors?[0].Pointer.TrimStart('/'), code));
    }
}

internal sealed record OpenAiErrorBody(string Message, string Type, string? Param, string Code);
