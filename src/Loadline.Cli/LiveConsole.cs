using System.Globalization;
using Loadline.Reports;
using Loadline.Runs;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Loadline.Cli;

/// <summary>For terminals: a table that stays in place and is redrawn once a second.</summary>
internal sealed class LiveConsole(IAnsiConsole console) : IRunObserver
{
    // How many lines the view on the screen has; 0 while there is none, or once something was written below it.
    private int _lines;

    public void Step(string text)
    {
        _lines = 0;
        console.MarkupLineInterpolated($"[grey]▸[/] {text}");
    }

    public void Advance(string text, long done, long total)
    {
        if (done == total)
            console.MarkupLineInterpolated($"  [grey]{text}: {done}[/]");
    }

    public void Progress(RunProgress progress)
    {
        var view = View(progress);
        var lines = Segment.SplitLines(view.Render(RenderOptions.Create(console), console.Profile.Width)).Count;
        if (_lines > 0)
            console.Write(new ControlCode($"\u001b[{_lines}A\u001b[J")); // up to the view's first line, and clear from there
        console.Write(view);
        _lines = lines;
    }

    public void Warn(string text)
    {
        _lines = 0;
        console.MarkupLineInterpolated($"[yellow]warning:[/] {text}");
    }

    private static IRenderable View(RunProgress p)
    {
        var table = new Table().Border(TableBorder.Rounded).BorderColor(Color.Grey);
        foreach (var title in new[] { "operation", "per second", "answered", "errors", "P50", "P95", "P99", "service P95" })
            table.AddColumn(title == "operation" ? new TableColumn(title) : new TableColumn(title).RightAligned());
        foreach (var o in p.Operations)
            table.AddRow(
                new Text(o.Name), Number(o.PerSecond), Number(o.Answered), Number(o.Errors, o.Errors > 0 ? Color.Red : null), new Text(Figures.Seconds(o.P50)), new Text(Figures.Seconds(o.P95)), new Text(Figures.Seconds(o.P99)), new Text(Figures.Seconds(o.ServiceP95)));
        var head = string.Create(CultureInfo.InvariantCulture,
            $"[bold]{(p.IsPaused ? "paused" : p.Phase)}[/]  {Figures.Clock(p.Elapsed)} elapsed, {Figures.Clock(p.Remaining)} remaining   [bold]{p.ActiveUsers}[/]/{p.Users} users   [bold]{p.PerSecond:0}[/] rps   {(p.ErrorShare > 0 ? "[red]" : "[green]")}{p.ErrorShare:0.00%}[/] errors");
        return p.Objectives.Count == 0 ? new Rows(new Markup(head), table) : new Rows(new Markup(head), table, new Markup(Objectives(p)));
    }

    // What does not hold stands out by its sign too: not every terminal has colours, nor every eye.
    private static string Objectives(RunProgress p) => string.Join("   ", p.Objectives.Select(objective => objective.Result switch
    {
        "PASS" => $"[green]✓[/] {Markup.Escape(objective.Text)}",
        "FAIL" => $"[red]✗ {Markup.Escape(objective.Text)}[/]",
        "WARN" => $"[yellow]! {Markup.Escape(objective.Text)}[/]",
        _ => $"[grey]… {Markup.Escape(objective.Text)}[/]",
    }));

    private static Text Number(double value, Color? color = null) =>
        new(value.ToString("N0", CultureInfo.InvariantCulture), color is { } c ? new Style(c) : Style.Plain);
}
