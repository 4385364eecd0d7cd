using System.Text;
using System.Text.Json;
using Loadline.Reports;
using Loadline.Runs;
using Loadline.Targets;
using Loadline.Tests.Recording;
using Loadline.Tests.Users;
using Loadline.Tests.Wire;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Loadline.Tests.Runs;

/// <summary>A whole run against a target that repeats every secret it was sent: none of them is in the run folder or in what was said.</summary>
public class SecretsTests
{
    private const string Key = "planted-key/\"+0001", Variable = "planted variable&0002", Password = "planted:password:0003", Token = "planted-token-0004";

    [Fact]
    public async Task No_secret_is_in_the_run_folder_or_on_the_screen()
    {
        await using var target = await TestTarget.StartAsync(EchoAsync);
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "password");
        await File.WriteAllTextAsync(file, Password + "\n");
        Environment.SetEnvironmentVariable("LOADLINE_TEST_KEY", Key);
        Environment.SetEnvironmentVariable("LOADLINE_TEST_VARIABLE", Variable);
        var profile = TargetProfileReader.Read($$$$"""
            name: echo
            about: repeats what it is sent
            auth: bearer
            keys: { env: LOADLINE_TEST_KEY }
            secrets: { password: { file: "{{{{file}}}}" } }
            setup:
              login:
                request: POST /login
                body: '{"password": {{password}}}'
                capture: { token: $.token, sid: { cookie: sid } }
            headers: { X-Token: "{{token}}", Cookie: "sid={{sid}}" }
            operations:
              query:
                request: POST /query?key={{key}}&v={{env.LOADLINE_TEST_VARIABLE}}
                body: '{"key": {{key}}, "v": "{{env.LOADLINE_TEST_VARIABLE}}", "token": {{token}}, "sid": {{sid}}, "p": {{password}}}'
            """);
        var run = Path.Combine(folder.Path, "run");
        var observer = new Heard();
        var plan = TestPlan.Of(TestPlan.Load(3, 0.1, 1, 0.1, 0.01, ("query", 1)), TestPlan.Data with { Documents = 0 });
        var summary = await new LoadRun(
            new RunRequest { Plan = plan, Profile = profile, Address = target.Address, Folder = run, CommandLine = "loadline run" }, observer, TimeProvider.System).ExecuteAsync(default);
        ReportWriter.WriteAll(run);

        Assert.True(summary.Operations.Count > 0);
        var exchanges = await File.ReadAllTextAsync(Path.Combine(run, RunFolder.Exchanges));
        Assert.Contains("repeated", exchanges, StringComparison.Ordinal);
        Assert.Contains("•••", Regex(exchanges), StringComparison.Ordinal);
        foreach (var path in Directory.GetFiles(run, "*", SearchOption.AllDirectories))
            AssertClean(path, Encoding.UTF8.GetString(await File.ReadAllBytesAsync(path)));
        AssertClean("the screen", observer.Text);
    }

    [Fact]
    public async Task A_setup_step_that_fails_repeats_no_secret()
    {
        await using var target = await TestTarget.StartAsync(async context =>
        {
            context.Response.StatusCode = 403;
            await context.Response.WriteAsync("wrong: " + await new StreamReader(context.Request.Body).ReadToEndAsync());
        });
        Environment.SetEnvironmentVariable("LOADLINE_TEST_VARIABLE", Variable);
        var profile = TargetProfileReader.Read("""
            name: echo
            about: refuses a login
            setup: { login: { request: POST /login, body: '{"v": {{env.LOADLINE_TEST_VARIABLE}}}' } }
            operations: { query: { request: GET / } }
            """);
        var e = await Assert.ThrowsAsync<Loadline.Users.TargetSetupException>(() => Loadline.Users.TargetSetup.RunAsync(
            profile, new Loadline.Wire.WireOptions { BaseAddress = target.Address, Timeout = TimeSpan.FromSeconds(20) }, new Loadline.Wire.RunClock(TimeProvider.System), null,
            Environment.GetEnvironmentVariable, _ => { }, _ => { }, default));
        Assert.Contains("setup step 'login' failed: POST /login ended with http_403: wrong: {\"v\": \"•••\"}", e.Message);
    }

    [Fact]
    public async Task A_variable_without_a_value_is_said_before_anything_is_sent()
    {
        var profile = TargetProfileReader.Read("""
            name: echo
            about: wants two things
            secrets: { password: { file: /nowhere/at/all } }
            operations: { query: { request: "GET /{{env.LOADLINE_TEST_NOT_SET}}/{{password}}" } }
            """);
        var e = await Assert.ThrowsAsync<Loadline.Users.TargetSetupException>(() => Loadline.Users.TargetSetup.RunAsync(
            profile, new Loadline.Wire.WireOptions { BaseAddress = new Uri("http://127.0.0.1:1"), Timeout = TimeSpan.FromSeconds(1) }, new Loadline.Wire.RunClock(TimeProvider.System), null,
            Environment.GetEnvironmentVariable, _ => { }, _ => { }, default));
        Assert.Contains("the file '/nowhere/at/all' is not there or empty", e.Message);
        Assert.Contains("environment variable LOADLINE_TEST_NOT_SET is not set or empty", e.Message);
    }

    // The JSON of the file escapes the mark.
    private static string Regex(string json) => json.Replace("\\u2022", "•", StringComparison.OrdinalIgnoreCase);

    private static void AssertClean(string where, string text)
    {
        foreach (var secret in new[] { Key, Variable, Password, Token, "planted-cookie-0005" })
            foreach (var form in new[] { secret, Uri.EscapeDataString(secret), JsonEncodedText.Encode(secret).Value, Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)), secret[..10] })
                Assert.False(text.Contains(form, StringComparison.Ordinal), $"{where} holds '{form}'");
    }

    private static async Task EchoAsync(HttpContext context)
    {
        var body = await new StreamReader(context.Request.Body).ReadToEndAsync();
        if (context.Request.Path == "/login")
        {
            context.Response.Headers.SetCookie = "sid=planted-cookie-0005; Path=/; HttpOnly";
            await context.Response.WriteAsJsonAsync(new { token = body.Contains(Password, StringComparison.Ordinal) ? Token : "none" });
            return;
        }
        context.Response.StatusCode = context.Request.Headers["X-Token"] == Token && context.Request.Headers.Cookie == "sid=planted-cookie-0005" ? 500 : 403;
        await context.Response.WriteAsync($"repeated {context.Request.QueryString} {context.Request.Headers.Authorization} {context.Request.Headers["X-Token"]} {context.Request.Headers.Cookie} {body}");
    }

    private sealed class Heard : IRunObserver
    {
        private readonly StringBuilder _text = new();

        public string Text => _text.ToString();

        public void Step(string text) => Say(text);

        public void Advance(string text, long done, long total) => Say(text);

        public void Progress(RunProgress progress) => Say(progress.ToString());

        public void Warn(string text) => Say(text);

        private void Say(string text)
        {
            lock (_text)
                _text.AppendLine(text);
        }
    }
}
