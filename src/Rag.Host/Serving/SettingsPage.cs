using System.Text;
using Rag.Engines;
using Rag.Hosting;

namespace Rag.Host.Serving;

/// <summary>Every setting as a Markdown page: what <c>rag list --settings</c> prints and <c>docs/configuration.md</c> is.</summary>
internal static class SettingsPage
{
    private const string Top =
        """
        # Configuration

        One file, `rag.yaml` in the working folder (or `--config FILE`, `RAG_CONFIG`), chooses engines and sets everything else. Over it come environment variables (`RAG_DOCUMENTS__ENGINE` is
        `documents:engine`), and over those the options of the command line. `appsettings.json` is read too, beneath all of them. Secrets are best given through the environment.

        ```yaml
        postgres: { connection: "Host=127.0.0.1;Database=rag;Username=rag" } # the password: RAG_POSTGRES__CONNECTION, or PGPASSFILE
        documents: { engine: postgres }
        identity: { engine: postgres }
        caching: { engine: redis }
        redis: { connection: 127.0.0.1:6379 }
        generation: { url: http://127.0.0.1:9000/v1, model: llama-3 }
        query: { cache_seconds: 300 }
        ```

        A configuration is checked as a whole before anything starts: values that are not permitted and names that nothing reads are told all at once, with exit code 104. `rag check` then connects to
        every engine and says what is wrong and how to mend it; `rag migrate` creates what they need.

        This page is what `rag list --settings` prints.

        """;

    /// <summary>The page.</summary>
    public static string Markdown()
    {
        var page = new StringBuilder(Top.ReplaceLineEndings("\n"));
        page.Append("\n## Which engine stands behind what\n\n| setting | engine | is |\n|---|---|---|\n");
        foreach (var seam in EngineCatalogue.Seams)
            foreach (var engine in EngineCatalogue.Of(seam))
                page.Append($"| `{seam}:engine` | `{engine.Name}`{(engine == EngineCatalogue.Of(seam)[0] ? " (default)" : "")} | {engine.Description}{(engine.Shared ? "; several processes may share it" : "")} |\n");
        foreach (var (title, settings) in SettingCatalogue.Sections.Where(section => section.Title != "Engines"))
        {
            page.Append($"\n## {title}\n\n| setting | default | |\n|---|---|---|\n");
            foreach (var setting in settings)
                page.Append($"| `{setting.Path}{(setting.IsSection ? ":…" : "")}` | {Default(setting)} | {setting.Description}. {char.ToUpperInvariant(setting.Rule[0])}{setting.Rule[1..].Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        }

        return page.ToString();
    }

    private static string Default(Setting setting) => setting.Secret ? "– (secret)" : setting.Fallback is { Length: > 0 } value ? $"`{value}`" : "–";
}
