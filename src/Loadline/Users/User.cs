using System.Runtime.CompilerServices;
using Loadline.Recording;
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
    private readonly AlarmClock.Alarm _alarm;
    private readonly WireRequest _request;
    private readonly UserDocuments _documents;
    private readonly Session _session;
    private readonly GrantedMinutes? _granted;
    private readonly SeededRandom _traces; // of their own: what a user does is the same with and without
    private int _slot;

    /// <summary>A user of a scenario.</summary>
    /// <param name="world">What it shares with others.</param>
    /// <param name="number">Which of the scenario's users, from 0.</param>
    internal User(UserWorld world, int number)
    {
        _world = world;
        _index = world.FirstUser + number;
        _alarm = new AlarmClock.Alarm(world.Alarms);
        _random = new SeededRandom(SeededRandom.Mix(world.Plan.Seed, 100, (ulong)_index));
        _traces = new SeededRandom(SeededRandom.Mix(world.Plan.Seed, 101, (ulong)_index));
        _documents = new UserDocuments(Math.Max(1, world.Load.DocumentsPerUser));
        _session = new Session(world.Load.Turns);
        // Who waits for a limit says little of what the limit lets through, and an arrival's user is another's a moment later.
        _granted = world.Load is { Retry: null, Arrivals: null } ? new GrantedMinutes(world.Sink) : null;
        var key = world.Keys.Count == 0 ? null : world.Keys[_index % world.Keys.Count];
        _request = new WireRequest
        {
            Operation = world.Profile.Operations.Values.First(),
            Values = new TemplateValues { User = UserKeys.NameOf(_index), Key = key ?? "", TopK = world.Plan.Data.TopK },
            Authorization = UserKeys.Authorization(world.Profile, key),
            // What a user does between two waits takes microseconds.
            ContinuesOnWire = true,
            Timeout = world.Load.Timeout,
        };
    }

    /// <summary>Lives in a closed load: from each start to each stop, or until the run is stopped.</summary>
    /// <param name="spans">
    /// When the user is there; none of its requests is sent from a span's end on. Who thinks sends the first at its start; who paces at a random moment of the first distance,
    /// or users who came at even distances would send in step for as long as they stay.
    /// </param>
    /// <param name="start">When the load began; the spans count from it.</param>
    /// <param name="stop">Stops at once.</param>
    internal async Task RunAsync(IEnumerable<(TimeSpan Start, TimeSpan Stop)> spans, long start, CancellationToken stop)
    {
        foreach (var (from, until) in spans)
        {
            var (begin, end) = (start + RunClock.Nanoseconds(from), start + RunClock.Nanoseconds(until));
            await _alarm.UntilAsync(begin, stop).ConfigureAwait(false);
            if (stop.IsCancellationRequested)
                return;
            _world.Gauges.Entered();
            try
            {
                await StayAsync(begin, end, stop).ConfigureAwait(false);
            }
            finally
            {
                _world.Gauges.Left();
            }
        }
    }

    /// <summary>Makes the first request of a session ahead of its time, so that making it is not taken for lateness.</summary>
    internal void Ready()
    {
        _session.Begin(_random);
        Prepare();
    }

    /// <summary>Serves an arrival of an open load, after <see cref="Ready"/>: a session.</summary>
    /// <param name="due">When it was due.</param>
    /// <param name="waited">How long it has waited since for this user.</param>
    /// <param name="end">From when on no turn begins.</param>
    /// <param name="stop">Stops at once.</param>
    internal async ValueTask ServeAsync(long due, long waited, long end, CancellationToken stop)
    {
        while (await RequestAsync(due, waited, stop).ConfigureAwait(false) is { } endedAt && !_session.IsOver)
        {
            (due, waited) = (Next(due, endedAt), 0);
            if (due >= end)
                return;
            Prepare();
            await _alarm.UntilAsync(due, stop).ConfigureAwait(false);
            if (_world.Pauses is { IsPaused: true } pauses && (due = await pauses.PassAsync(due, end, stop).ConfigureAwait(false)) >= end)
                return;
            if (stop.IsCancellationRequested)
                return;
        }
    }

    private async ValueTask StayAsync(long due, long end, CancellationToken stop)
    {
        _granted?.Begin(due);
        if (_world.Load.Pace is { } pace)
            due += (long)(_random.NextDouble() * pace.Sample(_random) * 1e9 / _world.Load.Intensity);
        while (due < end && !stop.IsCancellationRequested)
        {
            // Made while the user thinks, so that making it is not taken for lateness.
            if (_session.IsOver)
                _session.Begin(_random);
            Prepare();
            await _alarm.UntilAsync(due, stop).ConfigureAwait(false);
            if (_world.Pauses is { IsPaused: true } pauses && (due = await pauses.PassAsync(due, end, stop).ConfigureAwait(false)) >= end)
                break;
            if (stop.IsCancellationRequested || await RequestAsync(due, 0, stop).ConfigureAwait(false) is not { } endedAt)
                return;
            due = Next(due, endedAt);
        }
        await _alarm.UntilAsync(end, stop).ConfigureAwait(false);
    }

    // A user who thinks sends think after the answer, one who paces at fixed distances; intensity divides that distance. Nobody sends before the answer is there.
    private long Next(long due, long endedAt)
    {
        var (load, took) = (_world.Load, endedAt - due);
        var apart = load.Pace is { } pace ? pace.Sample(_random) * 1e9 : took + (load.Think.Sample(_random) * 1e9);
        return due + Math.Max(took, load.Intensity == 1 ? (long)apart : (long)(apart / load.Intensity));
    }

    /// <summary>Sends what was prepared, as often as the user's patience lasts; null when it was dropped, otherwise when the last try had ended.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<long?> RequestAsync(long due, long waited, CancellationToken stop)
    {
        var tryDue = due;
        for (var attempt = 1; ; attempt++)
        {
            _request.Trace = TraceParent.Of(_traces.NextBits(), _traces.NextBits(), _traces.NextBits(), _traces.NextDouble() < _world.Load.Traced);
            var exchange = new Exchange
            {
                Trace = _request.Trace,
                Operation = _request.Operation.Name,
                Scenario = _world.Scenario.Name,
                Attempt = attempt,
                User = _index,
                Due = tryDue,
                Waited = attempt == 1 ? waited : 0,
            };
            var reply = await ExchangeAsync(exchange, stop).ConfigureAwait(false);
            if (!reply.Ended)
                return null;
            if (exchange.Outcome is Outcome.Ok or Outcome.Degraded)
                Answered(exchange, reply, stop);
            else if (_world.Load.Retry is { } retry && attempt < retry.Attempts && WorthAnotherTry(exchange))
            {
                tryDue = exchange.End + RunClock.Nanoseconds(retry.Wait(attempt, reply.RetryAfter, _random));
                await _alarm.UntilAsync(tryDue, stop).ConfigureAwait(false);
                if (stop.IsCancellationRequested)
                    return null;
                continue;
            }
            if (_world.Load.Retry is not null)
                _world.Sink.RecordFelt(new Felt(exchange.Operation, exchange.Scenario, due, exchange.End, attempt, exchange.Outcome));
            _session.Turned();
            return exchange.End;
        }
    }

    // A 4xx is a mistake that another try repeats; all else may pass.
    private static bool WorthAnotherTry(Exchange exchange) => exchange.Outcome != Outcome.Failed || exchange.Status is < 400 or >= 500;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<WireReply> ExchangeAsync(Exchange exchange, CancellationToken stop)
    {
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
            return reply;
        exchange.RetryAfter = reply.RetryAfter;
        _granted?.Take(exchange);
        _world.Gauges.SentLate(exchange.Sent - exchange.Due - exchange.Waited);
        _world.Sink.Record(exchange);
        return reply;
    }

    private void Answered(Exchange exchange, WireReply reply, CancellationToken stop)
    {
        if (_request.Operation.Uploads)
            Accepted(exchange, reply, stop);
        if (_request.KeepAnswer)
            _session.Remember(_request.Values.Question, reply.Answer ?? "");
    }

    private void Prepare()
    {
        var operation = _world.Operations.Choose(_random);
        var values = _request.Values;
        _request.Operation = operation;
        _request.ExpectedDocument = null;
        _request.Streamed = operation.Stream is not null && _random.NextDouble() < _world.Load.Stream;
        // A session of one turn has no history to keep.
        _request.KeepAnswer = operation.SendsHistory && _world.Load.Turns is not null;
        values.Turns = _request.KeepAnswer ? _session.History : "";
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
        if (_request.Operation.Searchable is not { } rule || _random.NextDouble() >= _world.Load.Watch)
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
}
