using System.CommandLine;
using System.Globalization;
using Rag.Engines;
using Rag.Errors;
using Rag.Host.Serving;
using Rag.Identity;

namespace Rag.Host.Commands;

/// <summary><c>rag keys add|list|revoke</c>: works beside a running server.</summary>
internal static class KeysCommand
{
    public static Command Create() => new("keys", "API keys of users") { Add(), List(), Revoke() };

    private static Command Add()
    {
        var user = new Argument<string>("user") { Description = "1–128 letters, digits, '.', '_', '-', '@'" };
        var tenant = new Option<string?>("--tenant") { Description = "Whose documents the user sees. Default 'default'" };
        var limit = new Option<string?>("--limit") { Description = "Requests per minute, such as 300/min. Default: the server's" };
        var requests = new Option<int?>("--requests-per-day") { Description = "Quota of a day (UTC); 0 for none. Default: the server's" };
        var tokens = new Option<int?>("--tokens-per-day") { Description = "Quota of a day (UTC), of prompts, answers and embedded texts; 0 for none. Default: the server's" };
        var run = new EngineRun();
        var command = new Command("add", "Make a key and print it, once") { user, tenant, limit, requests, tokens };
        run.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            await using var keys = OpenKeys.Open(run.Read(parsed).Context);
            var identity = IdentityModule.Create(keys.Store, keys.Configuration, TimeProvider.System);
            try
            {
                var issued = await identity.IssueKeysAsync(
                    [
                        new KeyRequest(
                            parsed.GetRequiredValue(user), parsed.GetValue(tenant), RequestLimit.Parse(parsed.GetValue(limit)), null, parsed.GetValue(requests), parsed.GetValue(tokens)),
                    ], stop).ConfigureAwait(false);
                await Console.Out.WriteLineAsync(issued[0].Key).ConfigureAwait(false);
                return ExitCode.Ok;
            }
            catch (RagException error)
            {
                throw new CommandException(ExitCode.InvalidArguments, error.Message.Replace("keys[0].", "", StringComparison.Ordinal), error);
            }
        });
        return command;
    }

    private static Command List()
    {
        var run = new EngineRun();
        var command = new Command("list", "List keys, without their text");
        run.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            await using var keys = OpenKeys.Open(run.Read(parsed).Context);
            await Console.Out.WriteLineAsync($"{"KEY",-14}{"USER",-24}{"TENANT",-24}{"LIMIT",-14}{"DAY",-26}{"MADE",-22}STATE").ConfigureAwait(false);
            foreach (var key in await keys.Store.ListAsync(stop).ConfigureAwait(false))
                await Console.Out.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{key.Id,-14}{key.User,-24}{key.Tenant,-24}{key.RequestsPerMinute + "/min",-14}{Day(key),-26}{key.CreatedAt,-22:yyyy-MM-dd HH:mm:ss}{(key.RevokedAt is null ? "valid" : "revoked")}"))
                    .ConfigureAwait(false);
            return ExitCode.Ok;
        });
        return command;
    }

    private static string Day(KeyListing key) => (key.RequestsPerDay, key.TokensPerDay) switch
    {
        (0, 0) => "-",
        (_, 0) => $"{key.RequestsPerDay} req",
        (0, _) => $"{key.TokensPerDay} tok",
        _ => $"{key.RequestsPerDay} req {key.TokensPerDay} tok",
    };

    private static Command Revoke()
    {
        var which = new Argument<string>("key-or-user") { Description = "A key as 'rag keys list' names it, or a user for all its keys" };
        var run = new EngineRun();
        var command = new Command("revoke", "Make a key, or all of a user's keys, invalid; a running server obeys within 10 seconds") { which };
        run.AddTo(command);
        command.SetAction(async (parsed, stop) =>
        {
            await using var keys = OpenKeys.Open(run.Read(parsed).Context);
            var revoked = await keys.Store.RevokeAsync(parsed.GetRequiredValue(which), stop).ConfigureAwait(false);
            if (revoked == 0)
                throw new CommandException(ExitCode.NotFound, $"there is no valid key '{parsed.GetRequiredValue(which)}'; see 'rag keys list'");
            await Console.Out.WriteLineAsync($"revoked {revoked}").ConfigureAwait(false);
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>The key store of the configured engine, beside a server that may be running.</summary>
    private sealed class OpenKeys(ServiceProvider engine, IConfiguration configuration) : IAsyncDisposable
    {
        public IKeyStore Store { get; } = engine.GetRequiredService<IKeyStore>();

        public IConfiguration Configuration => configuration;

        public static OpenKeys Open(EngineContext context) => new(Server.Explained(() => EngineCatalogue.Open("identity", context)), context.Configuration);

        public ValueTask DisposeAsync() => engine.DisposeAsync();
    }
}
