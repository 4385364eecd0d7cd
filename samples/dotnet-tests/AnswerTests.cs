using Loadline.Plans;
using Loadline.Testing;
using Xunit;

namespace Shipyard.LoadTests;

/// <summary>Load tests beside the others: they fail the build when answers get slow or wrong under load.</summary>
public class AnswerTests(ITestOutputHelper output)
{
    /// <summary>The service over HTTP, as plans/target.yaml describes it.</summary>
    [Fact]
    public async Task Answers_stay_quick_and_right_for_thirty_people()
    {
        await using var service = await ShipyardRag.StartAsync();

        var run = await Plan.Load("plans/answers.yaml").RunAsync(
            new RunOptions { Target = $"plans/target.yaml@{service.Address}", Output = output.WriteLine },
            TestContext.Current.CancellationToken);

        output.WriteLine(run.ToString());
        run.EnsurePassed();
        Assert.True(run.Metric("query.ttft.p50").Value < 0.1);
    }

    /// <summary>The same plan, with operations in C#: a client library, gRPC, or, as here, the retriever itself.</summary>
    [Fact]
    public async Task The_retriever_alone_finds_what_is_asked_for()
    {
        await using var service = await ShipyardRag.StartAsync();

        var run = await Plan.Load("plans/answers.yaml").RunAsync(
            new RunOptions
            {
                Target = "code",
                Set = ["objectives+=query.p99 < 100ms"],
                Output = output.WriteLine,
                Operations =
                {
                    ["query"] = CodeOperation.Asks(call =>
                    {
                        var found = service.Find(call.Question, call.TopK);
                        call.Token(service.TextOf(found[0]));
                        call.Cited(found);
                        return Task.CompletedTask;
                    }),
                    ["upload"] = CodeOperation.Uploads(
                        call =>
                        {
                            service.Put(call.Document.Id, call.Document.Text);
                            return Task.CompletedTask;
                        },
                        isSearchable: call => Task.FromResult(service.TextOf(call.DocumentId).Length > 0)),
                },
            },
            TestContext.Current.CancellationToken);

        output.WriteLine(run.ToString());
        run.EnsurePassed();
    }
}
