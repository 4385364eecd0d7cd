using System.CommandLine;
using Loadline.Plans.Reading;
using Loadline.Targets;
using Loadline.Targets.OpenApi;

namespace Loadline.Cli;

/// <summary><c>loadline init</c>: a target profile and a plan to start from, copied from a shipped profile or drafted from an OpenAPI description.</summary>
internal static class InitCommand
{
    private const string TargetFile = "target.yaml", PlanFile = "plan.yaml";

    public static Command Create()
    {
        var profile = new Option<string?>("--profile") { Description = "Start from this shipped profile (see 'loadline list').", HelpName = "NAME" };
        var openApi = new Option<string?>("--openapi") { Description = "Draft the profile from this OpenAPI 3.x description, JSON or YAML: a file, or where a service gives its own.", HelpName = "FILE|URL" };
        var url = new Option<string?>("--url") { Description = "Where the target is, in place of what the profile or the description says.", HelpName = "URL" };
        var folder = new Option<string>("--out") { Description = $"The folder that gets {TargetFile} and {PlanFile}.", HelpName = "DIR", DefaultValueFactory = _ => "." };
        var command = new Command("init", "Write a target profile and a plan to start from; nothing is sent, but for the request for a description that is given as a URL.") { profile, openApi, url, folder };
        command.SetAction((arguments, stop) => RunAsync(arguments.GetValue(profile), arguments.GetValue(openApi), arguments.GetValue(url), arguments.GetValue(folder)!, stop));
        return command;
    }

    private static async Task<int> RunAsync(string? profile, string? openApi, string? url, string folder, CancellationToken stop)
    {
        if ((profile is null) == (openApi is null))
            return Refuse("init: give either --profile NAME or --openapi FILE|URL");
        Uri? address = null;
        if (url is not null && (!Uri.TryCreate(url, UriKind.Absolute, out address) || address.Scheme is not ("http" or "https") || address.UserInfo.Length > 0))
            return Refuse("--url: a URL begins with http:// or https:// and has no user name or password; write, for example, http://127.0.0.1:8000");
        try
        {
            var draft = openApi is null ? null : await DraftAsync(openApi, address, stop).ConfigureAwait(false);
            var text = draft?.Yaml ?? (KnownTargets.TextOf(profile!) is { } shipped ? At(address, shipped) : null);
            if (text is null)
                return Refuse($"--profile {profile}: no profile of that name is shipped; {Nearest.Advice(profile!, [.. KnownTargets.Profiles()], "profiles")}");
            var (target, plan) = (Beside(folder, TargetFile), Beside(folder, PlanFile));
            var read = TargetProfileReader.Read(text, target);
            foreach (var path in new[] { target, plan })
                if (File.Exists(path))
                    return Refuse($"{path} is there already; remove it, or name another folder with --out");
            Directory.CreateDirectory(folder);
            File.WriteAllText(target, text);
            File.WriteAllText(plan, FirstPlan.For(read, target.Replace('\\', '/')));
            Say(draft, target, plan);
            return ExitCode.Passed;
        }
        catch (TargetProfileException problem)
        {
            return Refuse(problem.Message);
        }
        catch (HttpRequestException problem)
        {
            return Refuse($"--openapi {openApi}: {problem.Message.TrimEnd('.')}; start the service, or save its description and give the file");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return Refuse($"init: {problem.Message.TrimEnd('.')}; name a file that can be read and a folder that can be written");
        }
    }

    private static async Task<ProfileDraft> DraftAsync(string openApi, Uri? address, CancellationToken stop)
    {
        var (text, from) = await OpenApiSource.ReadAsync(openApi, stop).ConfigureAwait(false);
        return ProfileDraft.Of(OpenApiDocument.Read(text, openApi), openApi, address, from);
    }

    private static string At(Uri? url, string text)
    {
        if (url is null)
            return text;
        var line = $"url: {url.AbsoluteUri.TrimEnd('/')}";
        var lines = text.Split('\n').ToList();
        var at = lines.FindIndex(one => one.StartsWith("url:", StringComparison.Ordinal));
        if (at >= 0)
            lines[at] = line;
        else
            lines.Insert(lines.FindIndex(one => one.StartsWith("about:", StringComparison.Ordinal)) + 1, line);
        return string.Join('\n', lines);
    }

    private static string Beside(string folder, string file) => folder is "." or "" ? file : Path.Combine(folder, file);

    private static void Say(ProfileDraft? draft, string target, string plan)
    {
        foreach (var found in draft?.Found ?? [])
            Console.WriteLine($"found      {found}");
        foreach (var open in draft?.Open ?? [])
            Console.WriteLine($"to check   {open}");
        Console.WriteLine($"written    {target}, {plan}");
        Console.WriteLine($"next       edit {target}; loadline try {target}; loadline run {plan}");
    }

    private static int Refuse(string message)
    {
        Console.Error.WriteLine(message);
        return ExitCode.BadPlan;
    }
}
