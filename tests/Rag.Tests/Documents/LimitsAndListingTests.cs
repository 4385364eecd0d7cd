using System.Text;
using System.Text.Json;
using Rag.Documents;
using Rag.Errors;
using Rag.Filters;
using Rag.Media;
using Xunit;

namespace Rag.Tests.Documents;

public class LimitsAndListingTests
{
    private static readonly PutDocument Good = DocumentsFixture.Upload("d");

    public static TheoryData<string, PutDocument, RagError, string> Bad() => new()
    {
        { "empty id", Good with { Id = "" }, RagError.InvalidArgument, "id: 0 characters; 1 to 256 are allowed" },
        { "long id", Good with { Id = new string('a', 257) }, RagError.InvalidArgument, "id: 257 characters; 1 to 256 are allowed" },
        { "odd id", Good with { Id = "a/b" }, RagError.InvalidArgument, "id: 'a/b' holds '/'; allowed are letters a-z A-Z, digits and . _ - :" },
        { "title", Good with { Title = new string('a', 1025) }, RagError.InvalidArgument, "title: 1025 characters; at most 1024 are allowed" },
        { "version", Good with { IfVersion = 0 }, RagError.InvalidArgument, "If-Match: version 0 was given; versions start at 1" },
        { "fields", Good with { Metadata = Fields(65) }, RagError.InvalidArgument, "metadata: 65 fields; at most 64 are allowed" },
        { "key", Good with { Metadata = One(new string('k', 129), 1) }, RagError.InvalidArgument, $"metadata.{new string('k', 64)}…: the name has 129 characters; 1 to 128 are allowed" },
        { "text", Good with { Metadata = One("k", new string('v', 4097)) }, RagError.InvalidArgument, "metadata.k: 4097 characters; at most 4096 are allowed" },
        { "number", Good with { Metadata = One("k", double.NaN) }, RagError.InvalidArgument, "metadata.k: NaN isn't a finite number" },
        { "nothing", Good with { Metadata = One("k", default) }, RagError.InvalidArgument, "metadata.k: no value; use a text, a number, true or false" },
        { "empty", Good with { Content = default }, RagError.InvalidArgument, "content: empty; a document needs at least one byte" },
        { "large", Good with { Content = new byte[2001] }, RagError.TooLarge, "content: 2001 bytes; at most 2000 are allowed; split the document" },
        {
            "media", Good with { ContentType = "image/png" }, RagError.UnsupportedMedia,
            "content type: 'image/png' can't be read; use text/plain, text/markdown, text/html, application/pdf, application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        },
        {
            "all at once", Good with { Id = "ä", Title = new string('a', 2000), Content = new byte[3000] }, RagError.InvalidArgument,
            "id: 'ä' holds 'ä'; allowed are letters a-z A-Z, digits and . _ - :; title: 2000 characters; at most 1024 are allowed; content: 3000 bytes; at most 2000 are allowed; split the document"
        },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task A_wrong_upload_is_told_everything_that_is_wrong(string what, PutDocument upload, RagError error, string message)
    {
        using var documents = new DocumentsFixture(new DocumentsOptions { MaxContentBytes = 2_000 });
        var refusal = await Assert.ThrowsAsync<RagException>(async () => await documents.Service.PutAsync(upload, default));
        Assert.True(message == refusal.Message && error == refusal.Error, $"{what}: {refusal.Error} {refusal.Message}");
    }

    [Theory]
    [InlineData("text/plain; charset=utf-8", null, "text/plain")]
    [InlineData("TEXT/Markdown", null, "text/markdown")]
    [InlineData("application/octet-stream", "a.PDF", "application/pdf")]
    [InlineData("", "notes.md", "text/markdown")]
    [InlineData("application/octet-stream", "a.exe", null)]
    [InlineData("image/png", "a.txt", null)]
    [InlineData(null, null, null)]
    public void The_format_is_the_content_types_or_else_the_files_ending(string? contentType, string? fileName, string? expected) =>
        Assert.Equal(expected, MediaTypes.Resolve(contentType, fileName));

    [Fact]
    public async Task What_was_uploaded_is_what_is_read()
    {
        using var documents = new DocumentsFixture();
        var metadata = new Dictionary<string, MetadataValue> { ["text"] = "ünï \"quoted\"", ["number"] = -1.5e-7, ["flag"] = false };
        var text = "Ground truth 🚢 " + new string('é', 3_000);
        var accepted = await documents.Service.PutAsync(
            Good with { Id = null, Title = "T", FileName = "f.txt", Metadata = metadata, Content = Encoding.UTF8.GetBytes(text) }, default);
        Assert.Matches("^[0-9a-f]{32}$", accepted.DocumentId);
        var record = await documents.Service.GetAsync("t", accepted.DocumentId, default);
        Assert.Equal(("T", "f.txt", "text/plain", "u", null, DocumentState.Queued), (record!.Title, record.FileName, record.ContentType, record.UploadedBy, record.Text, record.Status));
        Assert.Equal(metadata, record.Metadata);
        Assert.Equal((documents.Time.GetUtcNow(), Encoding.UTF8.GetByteCount(text)), (record.CreatedAt, record.Bytes));

        await documents.IngestAsync();
        record = await documents.Service.GetAsync("t", accepted.DocumentId, default);
        Assert.Equal((text, DocumentState.Searchable), (record!.Text, record.Status));
    }

    [Theory]
    [InlineData("one text", "another text", "another text")]
    [InlineData("same", "same", "same")]
    public async Task The_extracted_text_is_kept_whether_or_not_it_is_the_upload_itself(string upload, string extracted, string read)
    {
        using var documents = new DocumentsFixture();
        await documents.PutAsync("d", upload);
        var job = Assert.Single(await documents.ClaimAsync());
        await documents.Queue.CompleteAsync([new(job, Rag.Ingestion.IngestionOutcome.Done, 1, extracted, Title: "Found")], default);
        var record = await documents.Service.GetAsync("t", "d", default);
        Assert.Equal((read, "Found"), (record!.Text, record.Title));
        Assert.Equal(upload == extracted, await documents.Store.ReadTextAsync(job.JobId, default) is null);
    }

    [Theory]
    [InlineData(1, 25)]
    [InlineData(7, 4)]
    [InlineData(25, 1)]
    [InlineData(1000, 1)]
    public async Task Pages_hold_every_document_once_in_the_order_of_ids(int limit, int pages)
    {
        using var documents = new DocumentsFixture();
        var ids = Enumerable.Range(0, 25).Select(i => $"d{i * 37 % 25:00}").ToArray();
        await Task.WhenAll(ids.Select(id => documents.PutAsync(id).AsTask()));
        var (count, found) = await PagesAsync(documents, null, limit);
        Assert.Equal(pages, count);
        Assert.Equal(ids.Order(StringComparer.Ordinal), found);
    }

    [Fact]
    public async Task A_filter_keeps_what_matches_and_pages_go_on_past_what_doesnt()
    {
        using var documents = new DocumentsFixture();
        await Task.WhenAll(Enumerable.Range(0, 600).Select(i => documents.Service.PutAsync(
            DocumentsFixture.Upload($"d{i:000}") with { Metadata = One("n", i) }, default).AsTask()));
        var filter = MetadataFilter.Parse(JsonDocument.Parse("""{"n":{"$gte":550}}""").RootElement);
        var (_, found) = await PagesAsync(documents, filter, 20);
        Assert.Equal(Enumerable.Range(550, 50).Select(i => $"d{i:000}"), found);
    }

    [Theory]
    [InlineData(0, null, "limit: 0 was given; 1 to 1000 are allowed")]
    [InlineData(1001, null, "limit: 1001 was given; 1 to 1000 are allowed")]
    [InlineData(1, "not a cursor", "after: this is not a cursor of an earlier page; leave it out to start at the first")]
    public async Task A_wrong_page_request_says_why(int limit, string? after, string message)
    {
        using var documents = new DocumentsFixture();
        var refusal = await Assert.ThrowsAsync<RagException>(async () => await documents.Service.ListAsync(new ListDocuments("t", null, after, limit), default));
        Assert.Equal((RagError.InvalidArgument, message), (refusal.Error, refusal.Message));
    }

    private static async Task<(int Pages, IEnumerable<string> Ids)> PagesAsync(DocumentsFixture documents, MetadataFilter? filter, int limit)
    {
        var ids = new List<string>();
        string? after = null;
        for (var pages = 1; ; pages++)
        {
            var page = await documents.Service.ListAsync(new ListDocuments("t", filter, after, limit), default);
            Assert.InRange(page.Documents.Count, 0, limit);
            ids.AddRange(page.Documents.Select(d => d.DocumentId));
            if ((after = page.Next) is null)
                return (pages, ids);
        }
    }

    private static Dictionary<string, MetadataValue> One(string key, MetadataValue value) => new() { [key] = value };

    private static Dictionary<string, MetadataValue> Fields(int count) => Enumerable.Range(0, count).ToDictionary(i => $"k{i}", i => (MetadataValue)i);
}
