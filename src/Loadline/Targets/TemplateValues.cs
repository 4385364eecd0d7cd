using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace Loadline.Targets;

/// <summary>The values that templates are filled with. Mutable so that a user fills the same one for each of its requests; not safe for two threads at once.</summary>
public sealed class TemplateValues
{
    /// <summary>The question asked.</summary>
    public string Question { get; set; } = "";

    /// <summary>How many chunks to retrieve.</summary>
    public int TopK { get; set; } = 5;

    /// <summary>Whether the answer is streamed.</summary>
    public bool Stream { get; set; }

    /// <summary>The user's name.</summary>
    public string User { get; set; } = "";

    /// <summary>The key the request is sent with; empty for none.</summary>
    public string Key { get; set; } = "";

    /// <summary>The user's session; empty for none.</summary>
    public string Session { get; set; } = "";

    /// <summary>The document's id.</summary>
    public string DocumentId { get; set; } = "";

    /// <summary>What the target gave to ask for the upload's state with; null when that is the document's id.</summary>
    public string? DocumentHandle { get; set; }

    /// <summary>The document's title.</summary>
    public string DocumentTitle { get; set; } = "";

    /// <summary>The document's text.</summary>
    public string DocumentText { get; set; } = "";

    /// <summary>The document's topic.</summary>
    public string DocumentTopic { get; set; } = "";

    /// <summary>The document's version as the client counts, from 1.</summary>
    public int DocumentVersion { get; set; } = 1;

    /// <summary>Filled <c>each</c> templates joined by commas.</summary>
    public string Users { get; set; } = "";

    /// <summary>The earlier turns of the session: JSON objects joined by commas, without brackets; empty in a session's first turn.</summary>
    public string Turns { get; set; } = "";

    internal string this[Placeholder placeholder] => placeholder switch
    {
        Placeholder.Question => Question,
        Placeholder.TopK => TopK.ToString(CultureInfo.InvariantCulture),
        Placeholder.Stream => Stream ? "true" : "false",
        Placeholder.User => User,
        Placeholder.Key => Key,
        Placeholder.KeyBase64 => Convert.ToBase64String(Encoding.UTF8.GetBytes(Key)),
        Placeholder.Session => Session,
        Placeholder.DocumentHandle => DocumentHandle ?? DocumentId,
        Placeholder.DocumentId => DocumentId,
        Placeholder.DocumentTitle => DocumentTitle,
        Placeholder.DocumentText => DocumentText,
        Placeholder.DocumentTopic => DocumentTopic,
        Placeholder.DocumentVersion => DocumentVersion.ToString(CultureInfo.InvariantCulture),
        Placeholder.Users => Users,
        Placeholder.History => $"[{Turns}]",
        Placeholder.Messages => $"[{Turns}{(Turns.Length > 0 ? "," : "")}{Message("user", Question)}]",
        _ => throw new ArgumentOutOfRangeException(nameof(placeholder), placeholder, "no such placeholder"),
    };

    /// <summary>One turn's question or answer, as <see cref="Turns"/> has it.</summary>
    internal static string Message(string role, string content) => $"{{\"role\":\"{role}\",\"content\":\"{JavaScriptEncoder.Default.Encode(content)}\"}}";
}
