using Rag.Errors;

namespace Rag.Seams;

/// <content>
/// How many systems are, to be compared with (<c>seams:naive</c>): every hop tries four times at once, nothing has an end, and nobody below is told when the caller
/// goes. Exempt calls pass as ever: a long poll that can't be ended would keep the process from stopping.
/// </content>
public sealed partial class Seam<TService>
{
    private const int NaiveTries = 4;

    private async ValueTask<TReply> NaiveAsync<TRequest, TReply>(UnaryCall<TService, TRequest, TReply> call, TRequest request)
    {
        var passage = new Passage(_meters[call.Index], null, _time.GetTimestamp(), CancellationToken.None);
        for (var tries = 1; ; tries++)
            try
            {
                var reply = await _peers.Any().CallAsync(call, request, null, CancellationToken.None).ConfigureAwait(false);
                _dependency.Settle(passage, Judgement.Fine);
                return reply;
            }
            catch (Exception error) when (tries == NaiveTries || !IsWorthATry(error))
            {
                _dependency.Settle(passage, Judgement.Of(error, call, CancellationToken.None, false, default));
                throw;
            }
            catch (Exception)
            {
                _dependency.RetriedNaively();
            }
    }

    private async IAsyncEnumerable<TItem> NaiveStreamAsync<TRequest, TItem>(StreamCall<TService, TRequest, TItem> call, TRequest request)
    {
        var passage = new Passage(_meters[call.Index], null, _time.GetTimestamp(), CancellationToken.None);
        for (var tries = 1; ; tries++)
        {
            await using var items = _peers.Any().Open(call, request, null, null, CancellationToken.None);
            var isFirst = true;
            while (true)
            {
                try
                {
                    if (!await items.MoveNextAsync().ConfigureAwait(false))
                    {
                        _dependency.Settle(passage, Judgement.Fine);
                        yield break;
                    }
                }
                catch (Exception error) when (!isFirst || tries == NaiveTries || !IsWorthATry(error))
                {
                    _dependency.Settle(passage, Judgement.Of(error, call, CancellationToken.None, false, default));
                    throw;
                }
                catch (Exception)
                {
                    _dependency.RetriedNaively();
                    break;
                }

                isFirst = false;
                yield return items.Current;
            }
        }
    }

    private static bool IsWorthATry(Exception error) =>
        error is not RagException rag || rag.Error is RagError.Unavailable or RagError.Overloaded or RagError.Throttled or RagError.DeadlineExceeded;
}
