namespace Loadline.Targets;

/// <summary>What a template may ask for, written <c>{{name}}</c>.</summary>
public enum Placeholder
{
    /// <summary><c>question</c>: the question a query or search asks.</summary>
    Question,

    /// <summary><c>top_k</c>: how many chunks to retrieve, a number.</summary>
    TopK,

    /// <summary><c>stream</c>: whether the answer is streamed, <c>true</c> or <c>false</c>.</summary>
    Stream,

    /// <summary><c>user</c>: the user's name, such as <c>u12</c>.</summary>
    User,

    /// <summary><c>key</c>: the API key the request is sent with.</summary>
    Key,

    /// <summary><c>key.base64</c>: the key's UTF-8 in base64, for basic authentication with keys such as <c>user:password</c>.</summary>
    KeyBase64,

    /// <summary><c>session</c>: the user's session, where the profile says how to get one.</summary>
    Session,

    /// <summary><c>document.id</c>: the id of the document that is uploaded or asked for.</summary>
    DocumentId,

    /// <summary><c>document.handle</c>: what the target gave to ask for an upload's state with (a job, a batch); the document's id where it gave nothing else.</summary>
    DocumentHandle,

    /// <summary><c>document.title</c>: its title.</summary>
    DocumentTitle,

    /// <summary><c>document.text</c>: its text.</summary>
    DocumentText,

    /// <summary><c>document.topic</c>: its topic.</summary>
    DocumentTopic,

    /// <summary><c>document.version</c>: its version as the client counts, from 1, a number.</summary>
    DocumentVersion,

    /// <summary><c>users</c>: in the body that makes users, the filled <c>each</c> templates joined by commas.</summary>
    Users,

    /// <summary><c>history</c>: the earlier turns of the session, a JSON array of objects with <c>role</c> (<c>user</c>, <c>assistant</c>) and <c>content</c>.</summary>
    History,

    /// <summary><c>messages</c>: the same with the question at the end: what OpenAI's chat completions take.</summary>
    Messages,
}

/// <summary>The placeholders by name: the one list that the template compiler and its error texts read.</summary>
internal static class Placeholders
{
    internal static readonly IReadOnlyDictionary<string, Placeholder> ByName = new Dictionary<string, Placeholder>(StringComparer.Ordinal)
    {
        ["question"] = Placeholder.Question,
        ["top_k"] = Placeholder.TopK,
        ["stream"] = Placeholder.Stream,
        ["user"] = Placeholder.User,
        ["key"] = Placeholder.Key,
        ["key.base64"] = Placeholder.KeyBase64,
        ["session"] = Placeholder.Session,
        ["document.id"] = Placeholder.DocumentId,
        ["document.handle"] = Placeholder.DocumentHandle,
        ["document.title"] = Placeholder.DocumentTitle,
        ["document.text"] = Placeholder.DocumentText,
        ["document.topic"] = Placeholder.DocumentTopic,
        ["document.version"] = Placeholder.DocumentVersion,
        ["users"] = Placeholder.Users,
        ["history"] = Placeholder.History,
        ["messages"] = Placeholder.Messages,
    };

    /// <summary>Whether a value is JSON already (a number, a boolean, objects) and is written without quotes.</summary>
    internal static bool IsJson(Placeholder placeholder) =>
        placeholder is Placeholder.TopK or Placeholder.Stream or Placeholder.DocumentVersion or Placeholder.Users or Placeholder.History or Placeholder.Messages;
}
