using Loadline.Cli;
using Loadline.Plans.Reading;
using Loadline.Targets;
using Loadline.Tests.Recording;
using Loadline.Tests.Targets.OpenApi;
using Loadline.Verdicts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Loadline.Tests.Cli;

public class InitCommandTests
{
    [Fact]
    public void What_is_drafted_from_a_description_is_a_profile_and_a_plan_that_read()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("openapi.json"), ProfileDraftTests.Json);
        Assert.Equal(ExitCode.Passed, Run("--openapi", folder.File("openapi.json"), "--url", "http://127.0.0.1:9999/api", "--out", folder.Path));
        AssertReads(folder, "http://127.0.0.1:9999/api");
    }

    [Fact]
    public async Task A_service_that_runs_is_asked_for_its_description_and_the_profile_speaks_to_it()
    {
        using var folder = new TemporaryFolder();
        await using var service = await Service(app => app.MapGet("/openapi.json", () => Microsoft.AspNetCore.Http.Results.Content(ProfileDraftTests.Json, "application/json")));
        Assert.Equal(ExitCode.Passed, Run("--openapi", service.Urls.Single() + "/openapi.json", "--out", folder.Path));
        AssertReads(folder, service.Urls.Single());
        Assert.Equal(ExitCode.BadPlan, Run("--openapi", service.Urls.Single() + "/nowhere.json", "--out", folder.File("b")));
        Assert.Equal(ExitCode.BadPlan, Run("--openapi", service.Urls.Single().Replace("//", "//me:secret@") + "/openapi.json", "--out", folder.File("b")));
        Assert.False(Directory.Exists(folder.File("b")));
    }

    [Theory]
    [InlineData("openai-chat")]
    [InlineData("ragflow")]
    public void A_shipped_profile_is_copied_with_the_url_that_was_given(string name)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(ExitCode.Passed, Run("--profile", name, "--url", "http://127.0.0.1:9999/", "--out", folder.File("new")));
        AssertReads(folder, "http://127.0.0.1:9999/", "new/");
    }

    [Fact]
    public void Nothing_is_overwritten_and_mistakes_have_their_exit_code()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("plan.yaml"), "mine");
        Assert.Equal(ExitCode.BadPlan, Run("--profile", "dify", "--out", folder.Path));
        Assert.Equal("mine", File.ReadAllText(folder.File("plan.yaml")));
        Assert.False(File.Exists(folder.File("target.yaml")));
        Assert.Equal(ExitCode.BadPlan, Run("--profile", "nothing", "--out", folder.Path));
        Assert.Equal(ExitCode.BadPlan, Run("--openapi", folder.File("nowhere.json"), "--out", folder.Path));
        Assert.Equal(ExitCode.BadPlan, Run("--out", folder.Path));
        Assert.Equal(ExitCode.BadPlan, Run("--profile", "dify", "--url", "http://me:secret@host", "--out", folder.File("b")));
    }

    private static async Task<WebApplication> Service(Action<WebApplication> map)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        map(app);
        await app.StartAsync();
        return app;
    }

    private static int Run(params string[] arguments) => InitCommand.Create().Parse(arguments).Invoke();

    private static void AssertReads(TemporaryFolder folder, string url, string below = "")
    {
        var profile = TargetProfileReader.ReadFile(folder.File(below + "target.yaml"));
        Assert.Equal(new Uri(url), profile.Url);
        var reading = PlanReader.Read(File.ReadAllText(folder.File(below + "plan.yaml")), "plan.yaml", null, new ObjectiveRules(), KnownTargets.OperationsOf);
        Assert.Empty(reading.Problems);
        Assert.Equal(folder.File(below + "target.yaml"), reading.Plan!.Target);
    }
}
