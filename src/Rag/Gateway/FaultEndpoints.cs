using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Rag.Errors;
using Rag.Seams.Faults;

namespace Rag.Gateway;

/// <summary><c>/admin/faults</c>, behind the admin key: faults as leases that end by themselves.</summary>
internal sealed partial class FaultEndpoints(AdminGate gate, IFaultControl faults, GatewayOptions options)
{
    private static readonly int MostMilliseconds = (int)FaultSpec.Longest.TotalMilliseconds;

    public Task ApplyAsync(HttpContext context) => gate.RunAsync(context, async () =>
    {
        var lease = await faults.ApplyAsync(await ReadAsync(context).ConfigureAwait(false), context.RequestAborted).ConfigureAwait(false);
        context.Response.Headers.Location = $"/admin/faults/{lease.Id}";
        await Reply.JsonAsync(context, 201, FaultItem.Of(lease), GatewayJson.Wire.FaultItem).ConfigureAwait(false);
    });

    public Task ListAsync(HttpContext context) => gate.RunAsync(context, async () =>
    {
        var active = await faults.ListAsync(context.RequestAborted).ConfigureAwait(false);
        await Reply.JsonAsync(context, 200, new FaultsAnswer([.. active.Select(FaultItem.Of)]), GatewayJson.Wire.FaultsAnswer).ConfigureAwait(false);
    });

    public Task EndAsync(HttpContext context) => gate.RunAsync(context, async () =>
    {
        var id = (string)context.Request.RouteValues["id"]!;
        if (!await faults.EndAsync(id, context.RequestAborted).ConfigureAwait(false))
            throw new RagException(RagError.NotFound, $"no fault '{id}' is active; it may have ended by itself");
        context.Response.StatusCode = 204;
    });

    public Task EndAllAsync(HttpContext context) => gate.RunAsync(context, async () =>
    {
        await faults.EndAllAsync(context.RequestAborted).ConfigureAwait(false);
        context.Response.StatusCode = 204;
    });

    private async ValueTask<FaultSpec> ReadAsync(HttpContext context)
    {
        using var body = await JsonBody.ReadAsync(context, options.JsonBytes, context.RequestAborted).ConfigureAwait(false);
        var problems = new List<FieldProblem>();
        var fields = new JsonFields(body.RootElement, "", problems);
        var spec = new FaultSpec
        {
            Service = fields.Text("service", 1, 64, required: true) ?? "",
            Call = fields.Text("call", 1, 64),
            Kind = Named<FaultKind>(fields, "kind", required: true) ?? default,
            For = Duration(fields),
            Share = fields.Number("share", 0, 1) ?? 1,
            Latency = Milliseconds(fields, "latency_ms"),
            Jitter = Milliseconds(fields, "jitter_ms"),
            Items = fields.Whole("items", 0, 1_000_000),
            Error = Named<RagError>(fields, "error", required: false),
        };
        fields.NoOthers();
        // What could not be read has its problem already, and what depends on the kind can't be judged without it.
        var broken = problems.Select(problem => problem.Pointer).ToHashSet();
        foreach (var (field, rule) in spec.Problems(faults.Targets))
            if (!broken.Contains($"/{field}") && !(broken.Contains("/kind") && field is not ("service" or "call" or "for" or "share")))
                fields.Wrong(field, rule);
        fields.End(strict: false);
        return spec;
    }

    private static TimeSpan? Milliseconds(JsonFields fields, string name) =>
        fields.Whole(name, 0, MostMilliseconds) is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;

    private static T? Named<T>(JsonFields fields, string name, bool required) where T : struct, Enum
    {
        if (fields.Text(name, 1, 64, required) is not { } text)
            return null;
        foreach (var value in Enum.GetValues<T>())
            if (FaultItem.Name(value) == text)
                return value;
        fields.Wrong(name, $"'{text}' is not known; known are {string.Join(", ", Enum.GetValues<T>().Select(FaultItem.Name))}");
        return null;
    }

    private static TimeSpan Duration(JsonFields fields)
    {
        if (fields.Text("for", 1, 32, required: true) is not { } text)
            return default;
        var match = DurationText().Match(text);
        if (!match.Success)
        {
            fields.Wrong("for", $"'{text}' is no duration; expected a number with ms, s or m, such as 30s");
            return default;
        }

        var number = double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        return match.Groups[2].Value switch
        {
            "ms" => TimeSpan.FromMilliseconds(number),
            "s" => TimeSpan.FromSeconds(number),
            _ => TimeSpan.FromMinutes(number),
        };
    }

    [GeneratedRegex(@"^(\d{1,7}(?:\.\d{1,3})?)(ms|s|m)$", RegexOptions.CultureInvariant)]
    private static partial Regex DurationText();
}
