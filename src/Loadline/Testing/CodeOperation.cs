using Loadline.Targets;

namespace Loadline.Testing;

/// <summary>
/// An operation that is C# code in place of an HTTP request: a client library, gRPC, a method of the system itself. It is due, timed, retried and judged as any
/// other. Its service time is that of the code: from its first line to its end.
/// </summary>
public sealed class CodeOperation
{
    private static readonly RequestProfile Nothing = Request("");

    private readonly string _placeholders;

    private CodeOperation(string placeholders, Func<OperationCall, Task> code, Func<OperationCall, Task<bool>>? isSearchable = null)
    {
        ArgumentNullException.ThrowIfNull(code);
        (_placeholders, Code, IsSearchable) = (placeholders, code, isSearchable);
    }

    /// <summary>What is called for each exchange.</summary>
    internal Func<OperationCall, Task> Code { get; }

    /// <summary>What is asked until an uploaded document is searchable; null when nobody can tell.</summary>
    internal Func<OperationCall, Task<bool>>? IsSearchable { get; }

    /// <summary>An operation that asks: it has a <see cref="OperationCall.Question"/>, and in sessions the turns before it.</summary>
    /// <param name="code">Runs on the thread pool, many at once. What it throws is a failure; see <see cref="OperationCall"/> for what it can report.</param>
    public static CodeOperation Asks(Func<OperationCall, Task> code) => new("{{messages}}", code);

    /// <summary>An operation that uploads: it has a <see cref="OperationCall.Document"/>. The first such operation also gives the target its corpus before the load.</summary>
    /// <param name="code">Runs on the thread pool, many at once.</param>
    /// <param name="isSearchable">
    /// Asked now and then, from 100 ms to 2 s apart and for at most 2 min, whether <see cref="OperationCall.DocumentId"/> can be found by now; null when the
    /// target can't say: then <c>searchable</c> is not measured, and the load begins as soon as the corpus is uploaded.
    /// </param>
    public static CodeOperation Uploads(Func<OperationCall, Task> code, Func<OperationCall, Task<bool>>? isSearchable = null) =>
        new("{{document.text}}{{document.id}}", code, isSearchable);

    /// <summary>Any other operation; <see cref="OperationCall.DocumentId"/> is the user's last document, or one of the corpus.</summary>
    /// <param name="code">Runs on the thread pool, many at once.</param>
    public static CodeOperation Does(Func<OperationCall, Task> code) => new("{{document.id}}", code);

    /// <summary>The operation as users and reports know it. Its request only says which data it needs: none is sent.</summary>
    /// <param name="name">The operation's name.</param>
    /// <param name="replaced">The profile's own of that name, which still tells when a document is searchable; null for none.</param>
    internal OperationProfile Profile(string name, OperationProfile? replaced)
    {
        var request = Request(_placeholders);
        return Named(name, request) with
        {
            Stream = new StreamProfile(request, StreamFraming.Text, new StreamRules([])),
            Searchable = IsSearchable is null
                ? replaced?.Searchable
                : new SearchableRule(Named(CodeWire.PollOf(name), Nothing), [CodeWire.Searchable], [], TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(2)),
        };
    }

    private static OperationProfile Named(string name, RequestProfile request) => new()
    {
        Name = name,
        Request = request,
        OkStatuses = new HashSet<int>(),
        Answer = new AnswerRules([]),
        Stream = null,
        Searchable = null,
    };

    private static RequestProfile Request(string placeholders) =>
        new(HttpMethod.Post, Template.Compile("/", TemplateForm.Path), [], Template.Compile(placeholders, TemplateForm.Text), "text/plain");
}
