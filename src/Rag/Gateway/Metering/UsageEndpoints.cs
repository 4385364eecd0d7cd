using System.Globalization;
using Microsoft.AspNetCore.Http;
using Rag.Identity;
using Rag.Identity.Usage;

namespace Rag.Gateway.Metering;

/// <summary><c>GET /usage</c>, a user's own, and <c>GET /admin/usage</c>, everybody's.</summary>
internal sealed class UsageEndpoints(IUsage usage, DailyQuotas quotas)
{
    private const string DayFormat = "yyyy-MM-dd";
    private const int DefaultDays = 30;
    private const int DefaultMost = 1000;

    public async Task OwnAsync(HttpContext context, Caller caller, CancellationToken cancellationToken)
    {
        var question = Read(context, caller, "from", "to", "limit", "after");
        var page = await usage.ReadAsync(question, cancellationToken).ConfigureAwait(false);
        var (requests, tokens) = quotas.CountOf(caller.User);
        var quota = DailyQuotas.Has(caller) ? new QuotaItem(caller.RequestsPerDay == 0 ? null : caller.RequestsPerDay, caller.TokensPerDay == 0 ? null : caller.TokensPerDay, requests, tokens) : null;
        await WriteAsync(context, question, page, quota).ConfigureAwait(false);
    }

    public async Task AllAsync(HttpContext context)
    {
        var question = Read(context, null, "from", "to", "limit", "after", "tenant", "user");
        await WriteAsync(context, question, await usage.ReadAsync(question, context.RequestAborted).ConfigureAwait(false), null).ConfigureAwait(false);
    }

    private static Task WriteAsync(HttpContext context, UsageQuestion question, UsagePage page, QuotaItem? quota)
    {
        var answer = new UsageAnswer(
            Text(question.From), Text(question.To), quota,
            [.. page.Entries.Select(entry => new UsageItem(
                Text(entry.Day), entry.Tenant, entry.User, entry.Key, entry.Operation, entry.Amounts.Requests, entry.Amounts.PromptTokens, entry.Amounts.CompletionTokens,
                entry.Amounts.Texts, entry.Amounts.EmbeddedTokens, entry.Amounts.Documents, entry.Amounts.Bytes))],
            page.Next is { } next ? $"{Text(next.Day)}/{next.Tenant}/{next.User}/{next.Key}/{next.Operation}" : null);
        context.Response.Headers.CacheControl = "no-store";
        return Reply.LargeJsonAsync(context, answer, GatewayJson.Wire.UsageAnswer);
    }

    private UsageQuestion Read(HttpContext context, Caller? caller, params string[] known)
    {
        var query = context.Request.Query;
        var problems = new List<FieldProblem>();
        var to = Day("to") ?? quotas.Today;
        var from = Day("from") ?? Math.Max(0, to - DefaultDays + 1);
        if (from > to)
            problems.Add(new FieldProblem("from", $"from: {Text(from)} is after to, {Text(to)}"));
        var most = DefaultMost;
        if (query["limit"].ToString() is { Length: > 0 } limit
            && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out most) || most is < 1 or > UsageQuestion.MaxMost))
            problems.Add(new FieldProblem("limit", $"limit: '{limit}' is not permitted; expected a whole number from 1 to {UsageQuestion.MaxMost}"));
        // Names of users and tenants, keys and operations hold no slash.
        UsagePlace? after = null;
        if (query["after"].ToString() is { Length: > 0 } place)
        {
            if (place.Split('/') is [var day, var tenant, var user, var key, var operation] && Parse(day) is { } number)
                after = new UsagePlace(number, tenant, user, key, operation);
            else
                problems.Add(new FieldProblem("after", "after: expected the 'next' of the page before"));
        }

        foreach (var name in query.Keys.Where(name => !known.Contains(name)))
            problems.Add(new FieldProblem(name, $"{name}: unknown parameter; known are {string.Join(", ", known)}"));
        if (problems.Count > 0)
            throw new InvalidRequestException(problems);
        return new UsageQuestion(from, to, caller?.Tenant ?? Given("tenant"), caller?.User ?? Given("user"), after, most);

        string? Given(string name) => query[name].ToString() is { Length: > 0 } text ? text : null;

        int? Day(string name)
        {
            if (Given(name) is not { } text)
                return null;
            if (Parse(text) is { } day)
                return day;
            problems.Add(new FieldProblem(name, $"{name}: '{text}' is not permitted; expected a day in UTC, such as 2026-03-01"));
            return null;
        }
    }

    private static int? Parse(string text) =>
        DateOnly.TryParseExact(text, DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day.DayNumber : null;

    private static string Text(int day) => DateOnly.FromDayNumber(day).ToString(DayFormat, CultureInfo.InvariantCulture);
}
