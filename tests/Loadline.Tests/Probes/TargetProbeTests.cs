using System.Net;
using Loadline.Probes;
using Loadline.Recording;
using Loadline.Targets;
using Loadline.Tests.Recording;
using Xunit;

namespace Loadline.Tests.Probes;

public sealed class TargetProbeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Answers _answers = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_writes_what_endpoints_tell_and_counts_those_that_fail()
    {
        _answers["http://rag/metrics"] = "queued 4\ntexts_total 10";
        _answers["http://other:9187/metrics"] = null;
        _answers["http://broken:1/metrics"] = "";
        await LookAsync("[/metrics, \"http://other:9187/metrics\", \"http://broken:1/metrics\"]", looks: 3);

        var looks = InsideLog.Read(_folder.Path).ToList();
        Assert.Equal([0.0, 2, 4], looks.Select(look => look.T));
        Assert.All(looks, look => Assert.Equal((3, 2), (look.Asked, look.Failed!.Count)));
        Assert.Equal("HTTP 500", looks[0].Failed!["endpoint 2"]);
        Assert.Equal("ConnectionError", looks[0].Failed!["endpoint 3"]);
        Assert.All(looks, look => Assert.Equal(4, look.Levels!["queue.depth"]));
        Assert.Null(looks[0].Rates);
        Assert.Equal([0.0, 2], looks[1].Rates!["embedding.rate"]);
    }

    [Fact]
    public async Task An_endpoint_that_hangs_is_given_up_and_the_others_are_read()
    {
        _answers["http://rag/metrics"] = "queued 4";
        _answers["http://hangs/metrics"] = Answers.Hang;
        await LookAsync("[/metrics, \"http://hangs/metrics\"]");
        var look = Assert.Single(InsideLog.Read(_folder.Path));
        Assert.Equal(("timed out", 4), (look.Failed!["endpoint 2"], look.Levels!["queue.depth"]));
    }

    [Fact]
    public async Task A_list_names_the_endpoints_and_stands_for_the_targets_paths()
    {
        _answers["http://status:9/targets"] = """[{"targets":["a:1"],"labels":{"process":"query-1","service":"query"}},{"targets":["b:2"],"labels":{"process":"documents-1","service":"documents","__metrics_path__":"/prom"}}]""";
        _answers["http://a:1/metrics"] = "resident 100";
        _answers["http://b:2/prom"] = "resident 200\nqueued 7";
        await LookAsync("/metrics", list: new Uri("http://status:9/targets"));
        var look = Assert.Single(InsideLog.Read(_folder.Path));
        Assert.Equal(new Dictionary<string, double> { ["memory{service:query}"] = 100, ["memory{service:documents}"] = 200, ["queue.depth"] = 7 }, look.Levels!.ToDictionary());
        Assert.DoesNotContain("http://rag/metrics", _answers.Asked);
    }

    [Fact]
    public async Task What_is_known_otherwise_is_not_read()
    {
        _answers["http://rag/metrics"] = "resident 100\nqueued 7";
        await LookAsync("/metrics", known: ["memory"]);
        Assert.Equal(["queue.depth"], InsideLog.Read(_folder.Path).Single().Levels!.Keys);
    }

    [Theory]
    [InlineData("{}", "no list of targets")]
    [InlineData("[{}]", "a group without targets")]
    public async Task A_list_that_is_none_is_counted_as_failed(string list, string why)
    {
        _answers["http://status:9/targets"] = list;
        await LookAsync("{ targets: http://status:9/targets }");
        var look = Assert.Single(InsideLog.Read(_folder.Path));
        Assert.Equal((1, why), (look.Asked, look.Failed!["list 1"]));
    }

    private async Task LookAsync(string endpoints, int looks = 1, Uri? list = null, IReadOnlyCollection<string>? known = null)
    {
        var profile = TargetProfileReader.Read($$"""
            name: a
            about: b
            probes:
              timeout: 500ms
              prometheus: {{endpoints}}
              metrics:
                queue.depth: { gauge: queued }
                memory: { gauge: resident, by: { service: service } }
                embedding.rate: { rate: texts_total }
            operations:
              ask: { request: GET / }
            """).Probes!;
        using var log = new InsideLog(_folder.Path);
        using var probe = new TargetProbe(profile, new Uri("http://rag"), list, known ?? [], log, TimeProvider.System, _answers);
        for (var i = 0; i < looks; i++)
            await probe.LookAsync(() => i * 2_000_000_000L, TestContext.Current.CancellationToken);
    }

    /// <summary>Answers by address: null is a 500, nothing a refused connection.</summary>
    private sealed class Answers : HttpMessageHandler
    {
        public const string Hang = "hang";

        private readonly Dictionary<string, string?> _texts = [];

        public System.Collections.Concurrent.ConcurrentBag<string> Asked { get; } = [];

        public string? this[string address]
        {
            set => _texts[address] = value;
        }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked.Add(request.RequestUri!.AbsoluteUri);
            var text = _texts[request.RequestUri!.AbsoluteUri];
            if (text == Hang)
                await Task.Delay(Timeout.Infinite, cancellationToken);
            return text is "" ? throw new HttpRequestException(HttpRequestError.ConnectionError)
                : text is null ? new HttpResponseMessage(HttpStatusCode.InternalServerError) : new HttpResponseMessage { Content = new StringContent(text) };
        }
    }
}
