namespace Loadline.Faults.Proxy.Http;

/// <summary>
/// Reads a connection's requests and responses while a toxic for HTTP is there, and lets such toxics act. Bytes are not changed; requests that a toxic answers are
/// taken out, and their answers put in where it is their turn.
/// <code>
/// client ─▶ requests ─▶ [answered?] ──no──▶ server
///    ▲          yes │ in turn                  │
///    └── answers ◀──┴─── [late, stall, cut] ◀──┘
/// </code>
/// </summary>
/// <remarks>All under the connection's gate. A connection that was open before begins with its next request: what its exchange in hand is at isn't known.</remarks>
internal sealed class HttpSide(Link downstream, ProxyCounters counters, bool synchronized)
{
    /// <summary>The id of its stages.</summary>
    internal const long StageId = -1;

    // Requests under way on one connection; beyond it a client that pipelines is left alone.
    private const int MostExchanges = 1024;

    private readonly Queue<Exchange> _exchanges = new();
    private readonly Responses _responses = new();
    private bool _synchronized = synchronized;
    private bool _unread;

    /// <summary>The toxics that act, in order.</summary>
    internal IReadOnlyList<Applied> Effects { get; private set; } = [];

    /// <summary>Takes the toxics that there are now.</summary>
    internal void Change(IReadOnlyList<AppliedToxic> toxics)
    {
        Effects = [.. toxics.Select(toxic => new Applied(toxic, toxic.Version, toxic.Toxic.Kind.OnMessages(toxic.Toxic)!))];
        if (_responses.Reconsider(Effects))
            downstream.Do(static stages => stages.Find(stage => stage.Id == StageId)?.Release());
    }

    /// <summary>What stands in a stream for it.</summary>
    internal Behaviour On(ToxicStream stream)
    {
        if (stream == ToxicStream.Upstream)
            return new Requests(this);
        _responses.Side = this;
        return _responses;
    }

    /// <summary>Puts in the answers whose turn it is.</summary>
    private void Answer()
    {
        while (_exchanges.TryPeek(out var first) && first is { Answer: { } answer, IsWhole: true })
        {
            _exchanges.Dequeue();
            downstream.Do(stages =>
            {
                var stage = stages.Find(each => each.Id == StageId)!;
                stage.Pass(answer, downstream.Now);
                if (first.Closes)
                    stage.Close(downstream.Now);
            });
        }
    }

    private void LeaveUnread(bool isHttp = false)
    {
        if (!_unread && !isHttp)
            counters.LeaveUnread();
        _unread = true;
    }

    /// <summary>A toxic, at a version of its settings, and what it does.</summary>
    internal sealed record Applied(AppliedToxic Toxic, int Version, HttpEffect Effect);

    private sealed class Exchange
    {
        internal bool IsHead { get; init; }

        internal bool LeavesHttp { get; init; }

        internal byte[]? Answer { get; init; }

        internal bool Closes { get; init; }

        internal bool IsWhole { get; set; }
    }

    private sealed class Requests(HttpSide side) : Behaviour
    {
        private readonly MessageReader _reader = new(requests: true);
        private Exchange? _current;

        internal override void Take(ReadOnlySpan<byte> bytes, long now, IStageOutput output)
        {
            if (!side._synchronized)
                side._synchronized = MessageHead.LooksLikeRequest(bytes);
            while (side._synchronized && !side._unread)
            {
                switch (_reader.Next(ref bytes, out var taken, out _))
                {
                    case MessageStep.More:
                        return;
                    case MessageStep.Unread:
                        side.LeaveUnread();
                        output.Pass(_reader.HeadBytes, now);
                        _reader.Clear();
                        break;
                    case MessageStep.Head:
                        Begin(now, output);
                        break;
                    case MessageStep.Body when _current?.Answer is null:
                        output.Pass(taken, now);
                        break;
                    case MessageStep.End:
                        EndRequest();
                        break;
                }
            }
            output.Pass(bytes, now);
        }

        internal override void Stop(long now, IStageOutput output)
        {
            output.Pass(_reader.Kept, now);
            _reader.Dispose();
        }

        internal override void End(long now, IStageOutput output)
        {
            output.Pass(_reader.Kept, now);
            _reader.Clear();
            output.End(now);
        }

        private void Begin(long now, IStageOutput output)
        {
            var head = _reader.Head;
            byte[]? answer = null;
            // A client that waits for leave may or may not send its body after another answer: what follows isn't known, so the connection ends.
            var closes = head.Closes || head.ExpectsContinue;
            foreach (var applied in side.Effects)
            {
                if (applied.Effect.Answer(closes, head.IsHead) is { } given && applied.Toxic.Meets())
                {
                    answer = given;
                    break;
                }
            }
            _current = new Exchange { IsHead = head.IsHead, LeavesHttp = head.LeavesHttp, Answer = answer, Closes = closes, IsWhole = answer is not null && head.ExpectsContinue };
            if (side._exchanges.Count >= MostExchanges)
                side.LeaveUnread(isHttp: true);
            else
                side._exchanges.Enqueue(_current);
            if (answer is null)
                output.Pass(_reader.HeadBytes, now);
            else if (_current.IsWhole)
                side.Answer();
        }

        private void EndRequest()
        {
            if (_current is { IsWhole: false } current)
            {
                current.IsWhole = true;
                side.Answer();
            }
            _current = null;
        }
    }

    private sealed class Responses : Behaviour
    {
        private readonly MessageReader _reader = new(requests: false);
        private readonly List<Applied> _acting = [];
        private PieceCounter _pieces;
        private long _events;
        private long _wait;
        private bool _inBody;

        internal HttpSide Side { get; set; } = null!;

        internal override bool Holds => _wait == Never;

        /// <summary>Forgets toxics that are gone or changed.</summary>
        /// <returns>Whether one of them acted on the response in hand, so that what is held goes on.</returns>
        internal bool Reconsider(IReadOnlyList<Applied> effects)
        {
            if (_acting.RemoveAll(acting => !effects.Any(effect => effect.Toxic.Id == acting.Toxic.Id && effect.Version == acting.Version)) == 0)
                return false;
            _wait = 0;
            return true;
        }

        internal override void Take(ReadOnlySpan<byte> bytes, long now, IStageOutput output)
        {
            // Bytes before a request has been seen belong to an exchange that began before.
            while (Side._synchronized && !Side._unread && (_inBody || (Side._exchanges.TryPeek(out var first) && first.Answer is null)))
            {
                switch (_reader.Next(ref bytes, out var taken, out var isData))
                {
                    case MessageStep.More:
                        return;
                    case MessageStep.Unread:
                        Side.LeaveUnread();
                        output.Pass(_reader.HeadBytes, now);
                        _reader.Clear();
                        break;
                    case MessageStep.Head:
                        Begin(now, output);
                        break;
                    case MessageStep.Body:
                        PassBody(taken, isData, now, output);
                        break;
                    case MessageStep.End:
                        EndResponse();
                        break;
                }
            }
            output.Pass(bytes, now);
        }

        internal override void End(long now, IStageOutput output)
        {
            output.Pass(_reader.Kept, now);
            _reader.Clear();
            output.End(_wait == Never ? Never : now);
        }

        internal override void Stop(long now, IStageOutput output)
        {
            output.Pass(_reader.Kept, now);
            _reader.Dispose();
        }

        private void Begin(long now, IStageOutput output)
        {
            var head = _reader.Head;
            output.Pass(_reader.HeadBytes, now);
            var exchange = Side._exchanges.Peek();
            if (head.Status == 101 || (exchange.LeavesHttp && head.Status is >= 200 and < 300 && !exchange.IsHead && head is { Length: null, Chunked: false }))
            {
                Side.LeaveUnread(isHttp: true);
                return;
            }
            if (head.Status < 200)
            {
                _reader.ExpectHead();
                return;
            }
            if (exchange.IsHead)
                _reader.SkipBody();
            (_inBody, _events, _pieces) = (true, 0, new PieceCounter(head.Pieces));
            _acting.Clear();
            foreach (var applied in Side.Effects)
            {
                if (applied.Effect.ActsOn(head) && applied.Toxic.Meets())
                    _acting.Add(applied);
            }
            Turn(now, output);
        }

        private void PassBody(ReadOnlySpan<byte> bytes, bool isData, long now, IStageOutput output)
        {
            while (!bytes.IsEmpty)
            {
                var ended = false;
                var count = isData && _acting.Count > 0 ? _pieces.Take(bytes, out ended) : bytes.Length;
                if (_wait is > 0 and < Never)
                    (now, _wait) = (now + _wait, 0);
                output.Pass(bytes[..count], _wait == Never ? Never : now);
                bytes = bytes[count..];
                if (!ended)
                    continue;
                _events++;
                Turn(now, output);
            }
        }

        /// <summary>Asks the toxics at a place between events.</summary>
        private void Turn(long now, IStageOutput output)
        {
            foreach (var applied in _acting)
            {
                var turn = applied.Effect.After(_events);
                _wait = turn.Wait == Never || _wait == Never ? Never : _wait + turn.Wait;
                // What comes behind the close isn't written; it goes on if the toxic goes before its time.
                if (turn.Cut)
                    output.Close(_wait == Never ? Never : now + _wait);
            }
        }

        private void EndResponse()
        {
            (_inBody, _wait) = (false, _wait == Never ? Never : 0);
            _acting.Clear();
            Side._exchanges.Dequeue();
            Side.Answer();
        }
    }
}
