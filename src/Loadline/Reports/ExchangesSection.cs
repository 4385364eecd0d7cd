using System.Globalization;
using Loadline.Recording;
using Loadline.Runs;
using Loadline.Traces;

namespace Loadline.Reports;

/// <summary>Sampled exchanges, to be opened one by one.</summary>
internal static class ExchangesSection
{
    /// <summary>With 8 KiB of text each this keeps the report under a megabyte and a half, whatever was sampled.</summary>
    private const int MostOfAKind = 60;

    public static HtmlText Render(IReadOnlyList<SampledExchange> exchanges, IReadOnlyDictionary<string, KeptTrace> traces)
    {
        var failed = exchanges.Where(exchange => exchange.Why == "failed").OrderBy(exchange => exchange.End).ToList();
        var traced = exchanges.Where(exchange => exchange.Why == "traced").OrderBy(exchange => exchange.End).ToList();
        var slow = exchanges.Where(exchange => exchange.Why is not ("failed" or "traced")).OrderByDescending(exchange => exchange.End - exchange.Due).ToList();
        return Html.Of($"{Group("Failed", failed, traces, "No failed exchange was sampled.")}{Group("Slowest", slow, traces, "No slow exchange was sampled.")}{Html.If(traced.Count > 0, () => Group("Ordinary", traced, traces, ""))}");
    }

    private static HtmlText Group(string title, List<SampledExchange> exchanges, IReadOnlyDictionary<string, KeptTrace> traces, string none) => Html.Of($"""
        <div data-exchanges="{title}"><h3>{title}</h3><p class="hiding" hidden>The filter hides all of them.</p>{(exchanges.Count == 0 ? Html.Of($"<p>{none}</p>") : Html.Each(exchanges.Take(MostOfAKind), exchange => Exchange(exchange, traces.GetValueOrDefault(exchange.TraceId ?? ""))))}
        {Html.If(exchanges.Count > MostOfAKind, () => Html.Of($"<p>{exchanges.Count - MostOfAKind} more are in {RunFolder.Exchanges}.</p>"))}</div>
        """);

    private static HtmlText Exchange(SampledExchange exchange, KeptTrace? trace) => Html.Of($"""
        <details class="exchange" data-operation="{exchange.Operation}" data-outcome="{exchange.Outcome}"><summary><span class="o o-{exchange.Outcome}">{exchange.Outcome.Replace('_', ' ')}</span> <strong>{exchange.Operation}</strong> <span class="n">{Quantity.Seconds(exchange.End - exchange.Due)}</span> <span class="dim">{Status(exchange)} · user {exchange.User} · at {Quantity.Seconds(exchange.Due)}{Html.If(exchange.Tokens > 0, () => Html.Of($" · {exchange.Tokens} tokens"))}</span></summary>
        {Stages(exchange)}
        {TraceOf(exchange)}{WaterfallSection.Render(trace)}
        {Text("Request", exchange.Request)}{Text("Response", exchange.Response)}</details>
        """);

    private static HtmlText TraceOf(SampledExchange exchange) => exchange switch
    {
        { TraceId: { } id, TraceUrl: { } url } when url.StartsWith("http", StringComparison.OrdinalIgnoreCase) => Html.Of($"<p class=\"dim\">Trace <a href=\"{url}\">{id}</a></p>"),
        { TraceId: { } id } => Html.Of($"<p class=\"dim\">Trace {id}</p>"),
        _ => default,
    };

    private static string Status(SampledExchange exchange) =>
        string.Join(", ", new[] { exchange.Status == 0 ? "no status" : $"HTTP {exchange.Status}", exchange.Reason }.Where(part => part is not null));

    private static HtmlText Text(string name, string? text) =>
        text is null ? default : Html.Of($"<h4>{name}</h4><pre tabindex=\"0\">{text}</pre>");

    private static HtmlText Stages(SampledExchange exchange)
    {
        var stages = new List<(string Name, string Kind, double Length)>();
        var at = exchange.Due;
        void Until(double? time, string name, string kind)
        {
            if (time is not { } to)
                return;
            stages.Add((name, kind, Math.Max(0, to - at)));
            at = to;
        }
        Until(exchange.Sent, "waited to be sent", "wait");
        Until(exchange.FirstByte, "until the response began", "server");
        Until(exchange.FirstContent, "until the first token", "first");
        Until(exchange.End, exchange.FirstContent is null ? exchange.FirstByte is null ? "without a response" : "the rest" : "the other tokens", "rest");
        var total = Math.Max(1e-9, stages.Sum(stage => stage.Length));
        return Html.Of($"""
            <div class="stages" aria-hidden="true">{Html.Each(stages, stage => Html.Of($"<i class=\"s-{stage.Kind}\" style=\"width:{(stage.Length / total * 100).ToString("0.##", CultureInfo.InvariantCulture)}%\"></i>"))}</div>
            <ul class="legend">{Html.Each(stages, stage => Html.Of($"<li><i class=\"s-{stage.Kind}\" aria-hidden=\"true\"></i>{stage.Name}: {Quantity.Seconds(stage.Length)}</li>"))}</ul>
            """);
    }
}
