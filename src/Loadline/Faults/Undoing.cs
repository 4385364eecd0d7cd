using System.Net;
using System.Net.Http.Headers;
using Loadline.Processes;

namespace Loadline.Faults;

/// <summary>Does undo steps.</summary>
/// <param name="adminKey">The target's admin key; null for none.</param>
internal sealed class Undoing(string? adminKey) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CommandPatience = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Patience };

    /// <summary>Does all steps, each whatever became of the others.</summary>
    /// <returns>What went wrong, a clause for each; empty when all is undone.</returns>
    public async Task<IReadOnlyList<string>> DoAsync(IEnumerable<UndoStep> steps)
    {
        var wrong = new List<string>();
        foreach (var step in steps)
            if (await DoAsync(step).ConfigureAwait(false) is { } why)
                wrong.Add(why);
        return wrong;
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<string?> DoAsync(UndoStep step)
    {
        switch (step)
        {
            case UndoStep.Continue frozen:
                // One that has ended is frozen no more.
                return Signals.SendTo(frozen.Pid, frozen.Start, Signals.Continue) || !Signals.IsStill(frozen.Pid, frozen.Start) ? null : $"process {frozen.Pid} can't be sent SIGCONT; send it: kill -CONT {frozen.Pid}";
            case UndoStep.Shell shell:
                return await ShellCommand.RunAsync(shell.Line, CommandPatience, CancellationToken.None).ConfigureAwait(false);
            case UndoStep.Request request:
                return await RequestAsync(request).ConfigureAwait(false);
            case UndoStep.Delete file:
                return Delete(file.Path);
            default:
                throw new ArgumentException($"{step.GetType().Name} is no step that anybody can do");
        }
    }

    private async Task<string?> RequestAsync(UndoStep.Request request)
    {
        try
        {
            using var message = new HttpRequestMessage(HttpMethod.Delete, request.Url);
            if (request.NeedsKey && adminKey is not null)
                message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", adminKey);
            using var answer = await _http.SendAsync(message).ConfigureAwait(false);
            return answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.NotFound ? null : $"DELETE {request.Url} was answered with {(int)answer.StatusCode}";
        }
        catch (Exception problem) when (problem is HttpRequestException or TaskCanceledException)
        {
            return $"DELETE {request.Url} failed: {problem.Message}";
        }
    }

    private static string? Delete(string path)
    {
        try
        {
            File.Delete(path);
            return null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return $"{path} can't be deleted: {problem.Message}";
        }
    }
}
