using Loadline.Plans;
using Loadline.Plans.Distributions;
using Loadline.Targets;
using Loadline.Users;
using Loadline.Users.Feeds;
using Loadline.Wire;

namespace Loadline.Trials;

/// <summary>
/// Sends one of each operation, one after the other, and explains what the profile understood of the answers: an upload first, so that the question after it is
/// about something that is there.
/// </summary>
/// <param name="profile">The profile, with its variables filled (<see cref="TargetSetup.Profile"/>).</param>
/// <param name="wire">The wire; it should keep whole texts (<see cref="WireOptions.KeptBytes"/>).</param>
/// <param name="clock">The wire's clock.</param>
/// <param name="key">The key that requests are sent with; null for none.</param>
/// <param name="question">What to ask in place of a question about the uploaded document; null for that one.</param>
public sealed class TargetTrial(TargetProfile profile, IWire wire, RunClock clock, string? key, string? question = null)
{
    private static readonly PlanData Data = new() { Documents = 1, Words = new ConstantDistribution(120), Topics = 1, Popularity = 0, TopK = 5 };

    private readonly DataFeed _feed = new(Data, seed: 1);
    private string? _uploaded;

    /// <summary>Whether the target took a document in.</summary>
    public bool HasUploaded => _uploaded is not null;

    /// <summary>Sends them. Each result is given as soon as it is there.</summary>
    public async IAsyncEnumerable<TrialResult> RunAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        foreach (var operation in profile.Operations.Values.OrderByDescending(operation => operation.Uploads))
        {
            yield return await SendAsync(operation, streamed: false, stop).ConfigureAwait(false);
            if (operation.Uploads && _uploaded is not null && operation.Searchable is { } rule)
                yield return await WaitAsync(rule, stop).ConfigureAwait(false);
            if (operation.Stream is not null)
                yield return await SendAsync(operation, streamed: true, stop).ConfigureAwait(false);
        }
    }

    private string? _handle;

    private async Task<TrialResult> SendAsync(OperationProfile operation, bool streamed, CancellationToken stop)
    {
        var exchange = new Exchange { Operation = operation.Name, Due = clock.Now };
        var expected = operation.Asks && question is null ? _uploaded : null;
        var request = new WireRequest { Operation = operation, Values = Values(), Authorization = UserKeys.Authorization(profile, key), Streamed = streamed, KeepText = true, ExpectedDocument = expected };
        var reply = await wire.SendAsync(request, exchange, stop).ConfigureAwait(false);
        stop.ThrowIfCancellationRequested();
        var findings = new List<TrialFinding>();
        var answered = exchange.Outcome is Outcome.Ok or Outcome.Degraded;
        if (exchange.ResponseText is { } body && operation.OkStatuses.Contains(exchange.Status))
            findings.AddRange(streamed && exchange.Reason is not (Reasons.NotAStream or Reasons.BodyError) ? StreamInspection.Of(operation.Stream!, body) : AnswerInspection.Of(operation.Answer, body));
        if (exchange.Reason == Reasons.NotAStream)
            findings.Add(new TrialFinding(FindingKind.Wrong, "stream", "a stream was asked for and an answer in one piece came; correct stream.body, or remove stream"));
        if (operation.Uploads && answered && !streamed)
            Identify(operation, exchange, findings);
        if (operation.Uploads && answered)
            (_uploaded, _handle) = (reply.DocumentId ?? DataFeed.DocumentId(0), reply.DocumentHandle);
        if (exchange.Correct is { } right)
            findings.Add(new TrialFinding(right ? FindingKind.Understood : FindingKind.Missing, "citations", right ? $"the uploaded document '{expected}' is among them" : $"the uploaded document '{expected}' is not among them: are they the ids that the upload gives, and is it searchable?"));
        return new TrialResult(streamed ? $"{operation.Name}, streamed" : operation.Name, exchange, findings);
    }

    // Without a rule for it the target must have taken the id that was sent; whether it did only a person can see.
    private static void Identify(OperationProfile operation, Exchange exchange, List<TrialFinding> findings)
    {
        if (operation.Answer.Rules.Any(rule => rule.Part == AnswerPart.DocumentId) || exchange.ResponseText is not { } body || AnswerInspection.Parse(body) is not { } json)
            return;
        using (json)
            findings.Add(new TrialFinding(FindingKind.Missing, "answer.id", $"the profile doesn't say where the document's id is, so it is taken to be the one that was sent, '{DataFeed.DocumentId(0)}'; the answer has {AnswerInspection.Keys(json.RootElement)}"));
    }

    private async Task<TrialResult> WaitAsync(SearchableRule rule, CancellationToken stop)
    {
        var request = new WireRequest { Operation = rule.Poll, Values = Values(), Authorization = UserKeys.Authorization(profile, key), KeepText = true };
        var since = clock.Now;
        // One poll by itself first: its answer shows what the profile has to look for.
        var exchange = new Exchange { Operation = rule.Poll.Name, Due = since };
        await wire.SendAsync(request, exchange, stop).ConfigureAwait(false);
        stop.ThrowIfCancellationRequested();
        var findings = new List<TrialFinding>();
        if (exchange.Outcome is not (Outcome.Ok or Outcome.Degraded))
            return new TrialResult("upload, searchable", exchange, findings);
        if (exchange.ResponseText is { } body && AnswerInspection.Parse(body) is { } json)
        {
            using (json)
            {
                foreach (var state in rule.Poll.Answer.Rules.Where(state => state.Part == AnswerPart.Text && state.Label is null && AnswerInspection.Values(json.RootElement, state.Path).Count == 0))
                    findings.Add(new TrialFinding(FindingKind.Wrong, "searchable.state", AnswerInspection.Lost(json.RootElement, state.Path)));
            }
        }
        if (findings.Count > 0)
            return new TrialResult("upload, searchable", exchange, findings);
        var poll = new SearchablePoll(wire, rule, request, clock);
        var outcome = await poll.RunAsync(since, atOnce: true, stop).ConfigureAwait(false);
        stop.ThrowIfCancellationRequested();
        var seconds = (poll.EndedAt - since) / 1e9;
        findings.Add(outcome switch
        {
            Outcome.Ok => new TrialFinding(FindingKind.Understood, "searchable", FormattableString.Invariant($"state '{poll.LastState}' after {seconds:0.00} s")),
            Outcome.Failed => new TrialFinding(FindingKind.Wrong, "searchable", $"the target gave the document up: state '{poll.LastState}'"),
            _ => new TrialFinding(FindingKind.Wrong, "searchable", FormattableString.Invariant($"not after {seconds:0.0} s: the last state was '{poll.LastState ?? "unknown"}', and {string.Join(", ", rule.Done)} would mean that it is found; correct searchable.done, or give it a longer limit")),
        });
        return new TrialResult("upload, searchable", exchange, findings);
    }

    private TemplateValues Values()
    {
        var document = _feed.Document(0);
        return new TemplateValues
        {
            Question = question ?? _feed.Question(new SeededRandom(1)).Text,
            TopK = Data.TopK,
            User = UserKeys.NameOf(0),
            Key = key ?? "",
            DocumentId = _uploaded ?? document.Id,
            DocumentHandle = _handle,
            DocumentTitle = document.Title,
            DocumentText = document.Text,
            DocumentTopic = document.Topic,
        };
    }
}
