using Loadline.Targets;
using Loadline.Tests.Targets.Speakers;
using Loadline.Tests.Wire;
using Loadline.Trials;
using Loadline.Users;
using Loadline.Wire;
using Xunit;

namespace Loadline.Tests.Targets;

/// <summary>Each shipped profile in conversation with a server that speaks its product's API as the documentation says.</summary>
public class ProfileConversationTests
{
    public static TheoryData<string> All => [.. Speakers.Keys.Where(name => name != "rag")];

    public static TheoryData<string> Answering => [.. Speakers.Keys.Where(name => name is not ("rag" or "openai-embeddings"))];

    public static TheoryData<string> Streaming => [.. Speakers.Keys.Where(name => name is not ("rag" or "openai-embeddings" or "fastapi"))];

    internal static readonly IReadOnlyDictionary<string, Func<Speaker>> Speakers = new Dictionary<string, Func<Speaker>>
    {
        ["openai-chat"] = () => new OpenAiSpeaker(),
        ["openai-embeddings"] = () => new OpenAiEmbeddingsSpeaker(),
        ["haystack"] = () => new HaystackSpeaker(),
        ["kernel-memory"] = () => new KernelMemorySpeaker(),
        ["r2r"] = () => new R2rSpeaker(),
        ["ragflow"] = () => new RagFlowSpeaker(),
        ["dify"] = () => new DifySpeaker(),
        ["onyx"] = () => new OnyxSpeaker(),
        ["fastapi"] = () => new FastApiSpeaker(),
        ["rag"] = () => new RagSpeaker(),
    };

    [Fact]
    public void Every_shipped_profile_has_a_speaker() =>
        Assert.Equal(Directory.GetFiles(TargetProfileReaderTests.Profiles, "*.yaml").Select(Path.GetFileNameWithoutExtension).Order(), Speakers.Keys.Order());

    [Theory]
    [MemberData(nameof(All))]
    public async Task All_operations_are_understood_and_what_setup_made_is_removed(string name)
    {
        var speaker = Speakers[name]();
        await using var target = await TestTarget.StartAsync(speaker.HandleAsync);
        var results = new List<TrialResult>();
        await TryAsync(speaker, target.Address, results);
        Assert.All(results, result => Assert.True(result.Good, TrialText.Render(result)));
        Assert.Empty(speaker.Made);
        var query = results.FirstOrDefault(result => result.Name == "query");
        if (query is not null)
        {
            Assert.Equal(speaker.Tokens ?? 0, query.Exchange!.Tokens);
            Assert.Equal(speaker.Cites && name != "haystack" ? true : null, query.Exchange.Correct);
        }
        if (results.FirstOrDefault(result => result.Name == "query, streamed") is { } streamed)
        {
            Assert.Equal(speaker.Tokens ?? 4, streamed.Exchange!.Tokens);
            Assert.Equal(query!.Exchange!.Correct, streamed.Exchange.Correct);
        }
        Assert.All(results, result => Assert.DoesNotContain(speaker.Environment.Values, secret => TrialText.Render(result).Contains(secret, StringComparison.Ordinal)));
        if (results.Any(result => result.Name == "upload, searchable"))
            Assert.All(results, result => Assert.NotEqual("search", result.Name == "search" && result.Findings.Any(finding => finding.Kind == FindingKind.Missing) ? "search" : ""));
    }

    [Theory]
    [MemberData(nameof(Answering))]
    public async Task An_error_is_a_failure_however_it_is_said(string name)
    {
        var speaker = Speakers[name]();
        speaker.Mood = Mood.Failing;
        var exchange = await AskAsync(speaker, streamed: false);
        Assert.Equal((Outcome.Failed, speaker.ErrorReason), (exchange.Outcome, exchange.Reason));
    }

    [Theory]
    [MemberData(nameof(Streaming))]
    public async Task An_error_in_the_middle_of_a_stream_is_a_failure(string name)
    {
        var speaker = Speakers[name]();
        speaker.Mood = Mood.Failing;
        var exchange = await AskAsync(speaker, streamed: true);
        Assert.Equal((Outcome.Failed, speaker.StreamErrorReason), (exchange.Outcome, exchange.Reason));
        Assert.Equal(1, exchange.Tokens);
    }

    [Theory]
    [MemberData(nameof(Answering))]
    public async Task A_refusal_by_a_limit_is_throttled(string name)
    {
        var speaker = Speakers[name]();
        speaker.Mood = Mood.Throttling;
        Assert.Equal(Outcome.Throttled, (await AskAsync(speaker, streamed: false)).Outcome);
    }

    private static async Task<Exchange> AskAsync(Speaker speaker, bool streamed)
    {
        await using var target = await TestTarget.StartAsync(speaker.HandleAsync);
        var clock = new RunClock(TimeProvider.System);
        var options = new WireOptions { BaseAddress = target.Address, Timeout = TimeSpan.FromSeconds(30) };
        await using var setup = await TargetSetup.RunAsync(Speaker.ProfileOf(speaker.Name), options, clock, null, speaker.Environment.GetValueOrDefault, _ => { }, warning => Assert.Fail(warning), default);
        using var wire = TargetWire.To(setup.Profile, options, clock);
        var keys = await UserKeys.ObtainAsync(setup.Profile, wire, 1, null, speaker.Environment.GetValueOrDefault, default);
        var exchange = new Exchange { Operation = "query" };
        var request = new WireRequest
        {
            Operation = setup.Profile.Operations["query"],
            Values = new TemplateValues { Question = "What does it mark?", User = "u0", Key = keys.FirstOrDefault() ?? "" },
            Authorization = UserKeys.Authorization(setup.Profile, keys.FirstOrDefault()),
            Streamed = streamed,
        };
        await wire.SendAsync(request, exchange, default);
        return exchange;
    }

    private static async Task TryAsync(Speaker speaker, Uri address, List<TrialResult> results)
    {
        var clock = new RunClock(TimeProvider.System);
        var options = new WireOptions { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30), KeptBytes = 1 << 20 };
        await using var setup = await TargetSetup.RunAsync(Speaker.ProfileOf(speaker.Name), options, clock, null, speaker.Environment.GetValueOrDefault, _ => { }, warning => Assert.Fail(warning), default);
        results.AddRange(setup.Exchanges.Select(step => new TrialResult(step.Step, step.Exchange, [])));
        using var wire = TargetWire.To(setup.Profile, options, clock);
        var keys = await UserKeys.ObtainAsync(setup.Profile, wire, 1, null, speaker.Environment.GetValueOrDefault, default);
        await foreach (var result in new TargetTrial(setup.Profile, wire, clock, keys.FirstOrDefault()).RunAsync(default))
            results.Add(result);
    }
}
