using System.Runtime.CompilerServices;
using Loadline.Targets;
using Loadline.Users.Feeds;
using Loadline.Wire;

namespace Loadline.Users;

/// <summary>One user: sends, waits for the answer, thinks, and sends again, with an identity, a key and random numbers of its own.</summary>
internal sealed class User
{
    private readonly UserWorld _world;
    private readonly int _index;
    private readonly SeededRandom _random;
    private readonly WireRequest _request;
    private readonly UserDocuments _documents;
    private int _slot;

    internal User(UserWorld world, int index)
    {
        _world = world;
        _index = index;
        _random = new SeededRandom(SeededRandom.Mix(world.Plan.Seed, 100, (ulong)index));
        _documents = new UserDocuments(Math.Max(1, world.Plan.Load.DocumentsPerUser));
        var key = world.Keys.Count == 0 ? null : world.Keys[index % world.Keys.Count];
        _request = new WireRequest
        {
            Operation = world.Profile.Operations.Values.First(),
            Values = new TemplateValues { User = UserKeys.NameOf(index), Key = key ?? "", TopK = world.Plan.Data.TopK },
            Authorization = UserKeys.Authorization(world.Profile, key),
            // What a user does between two waits takes microseconds.
            ContinuesOnWire = true,
        };
    }

    /// <summary>Lives from the first request to the stop time, or until the run is stopped.</summary>
    /// <param name="start">When the first request is due.</param>
    /// <param name="end">From when on no request is sent.</param>
    /// <param name="stop">Stops at once.</param>
    internal async Task RunAsync(long start, long end, CancellationToken stop)
    {
        await DelayUntilAsync(start, stop).ConfigureAwait(false);
        if (stop.IsCancellationRequested)
            return;
        _world.Gauges.Entered();
        try
        {
            var due = start;
            while (due < end && !stop.IsCancellationRequested)
            {
                // Made while the user thinks, so that making it is not taken for lateness.
                Prepare();
                await DelayUntilAsync(due, stop).ConfigureAwait(false);
                if (stop.IsCancellationRequested || await ExchangeAsync(due, stop).ConfigureAwait(false) is not { } endedAt)
                    return;
                due = endedAt + (long)(_world.Plan.Load.Think.Sample(_random) * 1e9);
            }
            await DelayUntilAsync(end, stop).ConfigureAwait(false);
        }
        finally
        {
            _world.Gauges.Left();
        }
    }

    /// <summary>Sends what was prepared; null when it was dropped, otherwise when it had ended.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<long?> ExchangeAsync(long due, CancellationToken stop)
    {
        var exchange = new Exchange { Operation = _request.Operation.Name, User = _index, Due = due };
        _world.Gauges.Sending();
        WireReply reply = default;
        try
        {
            reply = await _world.Wire.SendAsync(_request, exchange, stop).ConfigureAwait(false);
        }
        finally
        {
            _world.Gauges.Ended(dropped: !reply.Ended);
        }
        if (!reply.Ended)
            return null;
        _world.Sink.Record(exchange);
        if (_request.Operation.Uploads && exchange.Outcome is Outcome.Ok or Outcome.Degraded)
            Accepted(exchange, reply, stop);
        return exchange.End;
    }

    private void Prepare()
    {
        var operation = _world.Operations.Choose(_random);
        var values = _request.Values;
        _request.Operation = operation;
        _request.ExpectedDocument = null;
        _request.Streamed = operation.Stream is not null && _random.NextDouble() < _world.Plan.Load.Stream;
        _request.KeepText = _random.Next(UserWorld.KeepOneIn) == 0;
        if (operation.Asks)
        {
            var question = _world.Feed.Question(_random);
            values.Question = question.Text;
            if (question.Document is { } document)
                _request.ExpectedDocument = _world.CorpusIds is { } ids ? ids[document] : DataFeed.DocumentId(document);
        }
        if (operation.Uploads)
        {
            (_slot, var version) = _documents.Take();
            var document = _world.Feed.UserDocument(_index, _slot, version);
            values.DocumentId = document.Id;
            values.DocumentTitle = document.Title;
            values.DocumentText = document.Text;
            values.DocumentTopic = document.Topic;
            values.DocumentVersion = version;
        }
        else if (operation.Request.Uses(Placeholder.DocumentId))
            values.DocumentId = _documents.LastAccepted ?? DataFeed.DocumentId(_random.Next(Math.Max(1, _world.Plan.Data.Documents)));
    }

    private void Accepted(Exchange exchange, WireReply reply, CancellationToken stop)
    {
        var id = reply.DocumentId ?? _request.Values.DocumentId;
        _documents.LastAccepted = id;
        if (_request.Operation.Searchable is not { } rule || _random.NextDouble() >= _world.Plan.Load.Watch)
            return;
        var poll = new WireRequest
        {
            Operation = rule.Poll,
            Values = new TemplateValues { DocumentId = id, DocumentHandle = reply.DocumentHandle, User = _request.Values.User, Key = _request.Values.Key },
            Authorization = _request.Authorization,
        };
        var slot = _slot;
        _documents.Watching(slot, true);
        if (!_world.Watch.TryBegin(rule, poll, exchange.End, () => _documents.Watching(slot, false), stop))
            _documents.Watching(slot, false);
    }

    private async ValueTask DelayUntilAsync(long time, CancellationToken stop)
    {
        // Timers run on a coarser clock than ours and may be early by a millisecond. A request that is sent before it is due would look faster than it was.
        while (time - _world.Clock.Now is var wait && wait > 0 && !stop.IsCancellationRequested)
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait / 1e6)), _world.Clock.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
