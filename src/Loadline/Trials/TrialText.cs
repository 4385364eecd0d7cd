using System.Globalization;
using System.Text;
using Loadline.Wire;

namespace Loadline.Trials;

/// <summary>A trial's results as a person reads them.</summary>
public static class TrialText
{
    private const int LongestRequest = 400, LongestResponse = 600;

    /// <summary>The lines of one result.</summary>
    public static string Render(TrialResult result)
    {
        var text = new StringBuilder();
        text.Append(result.Good ? "✓ " : "✗ ").Append(result.Name);
        if (result.Exchange is { } exchange)
        {
            text.Append(": ").Append(exchange.Outcome.ToString().ToLowerInvariant());
            if (exchange.Reason is { } reason)
                text.Append(" (").Append(reason).Append(')');
            text.Append(exchange.Status == 0 ? ", no response" : $", HTTP {exchange.Status}").Append('\n');
            text.Append("    time       ").Append(Times(exchange)).Append('\n');
            Block(text, "sent", exchange.RequestText, LongestRequest);
            Block(text, "received", exchange.ResponseText, LongestResponse);
        }
        else
            text.Append('\n');
        foreach (var finding in result.Findings)
            text.Append("    ").Append(Mark(finding.Kind)).Append(' ').Append(finding.What).Append(": ").Append(finding.Text).Append('\n');
        return text.ToString();
    }

    private static string Times(Exchange exchange)
    {
        var times = new List<string>();
        void Add(string name, long at, long from)
        {
            if (at != Exchange.Never)
                times.Add(string.Create(CultureInfo.InvariantCulture, $"{name} {(at - from) / 1e6:0.0} ms"));
        }
        Add("first byte", exchange.FirstByte, exchange.Sent);
        Add("first token", exchange.FirstContent, exchange.Sent);
        Add("last token", exchange.LastContent, exchange.Sent);
        Add("end", exchange.End, exchange.Sent);
        if (exchange.Tokens > 0)
            times.Add(string.Create(CultureInfo.InvariantCulture, $"{exchange.Tokens} tokens"));
        if (exchange.TokenGaps is { Count: > 0 } && exchange.LastContent > exchange.FirstContent)
            times.Add(string.Create(CultureInfo.InvariantCulture, $"{(exchange.Tokens - 1) / ((exchange.LastContent - exchange.FirstContent) / 1e9):0.0} tokens/s"));
        times.Add(string.Create(CultureInfo.InvariantCulture, $"{exchange.BytesSent} bytes sent, {exchange.BytesReceived} received"));
        return string.Join(", ", times);
    }

    private static void Block(StringBuilder output, string name, string? content, int longest)
    {
        if (content is null)
            return;
        var line = content.Trim().ReplaceLineEndings("\n               ");
        output.Append("    ").Append(name.PadRight(11)).Append(line.Length > longest ? line[..longest] + $"… ({line.Length - longest} more)" : line).Append('\n');
    }

    private static string Mark(FindingKind kind) => kind switch
    {
        FindingKind.Understood => "✓",
        FindingKind.Missing => "?",
        _ => "✗",
    };
}
