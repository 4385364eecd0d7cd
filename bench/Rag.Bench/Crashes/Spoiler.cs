namespace Rag.Bench.Crashes;

/// <summary>A client that now and then uploads what nobody can read: it must be given up on, for good, and must be told so; with a broker it becomes a dead letter.</summary>
internal sealed class Spoiler(PublicApi api, Ledger ledger)
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(700);

    private int _made;

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var id = $"broken-{_made++}";
            if (await api.PutUnreadableAsync(id, CancellationToken.None) is var answer && answer != Answer.Refused)
                ledger.Spoiled[id] = answer == Answer.Kept;
            try
            {
                await Task.Delay(Between, stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
