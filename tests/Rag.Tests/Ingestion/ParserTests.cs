using System.IO.Compression;
using System.Text;
using DocumentFormat.OpenXml;
using DocumentFormat.OpenXml.Packaging;
using DocumentFormat.OpenXml.Wordprocessing;
using Rag.Ingestion.Parsing;
using Rag.Media;
using UglyToad.PdfPig.Core;
using UglyToad.PdfPig.Fonts.Standard14Fonts;
using UglyToad.PdfPig.Writer;
using Xunit;

namespace Rag.Tests.Ingestion;

public class ParserTests
{
    private static readonly ParseLimits Limits = new(MaxCharacters: 10_000, MaxPages: 5);

    [Fact]
    public void Each_media_type_that_can_be_uploaded_has_a_parser()
    {
        foreach (var type in MediaTypes.All)
            Assert.DoesNotContain("can't be read; use", Assert.Throws<UnreadableDocumentException>(() => Parse(type, "   "u8.ToArray())).Message);
    }

    [Theory]
    [InlineData("68C3A9", "hé")]
    [InlineData("EFBBBF68C3A9", "hé")]
    [InlineData("FFFE6800E900", "hé")]
    [InlineData("FEFF006800E9", "hé")]
    [InlineData("68FF69", "h\uFFFDi")]
    [InlineData("680069", "h i")]
    public void Text_is_utf8_or_marked_utf16_and_what_is_no_text_is_replaced(string hex, string expected) =>
        Assert.Equal(expected, Parse(MediaTypes.Text, Convert.FromHexString(hex)).Text);

    [Fact]
    public void Markdown_keeps_what_is_read_and_drops_how_it_is_marked()
    {
        var parsed = Parse(MediaTypes.Markdown, """
            ---
            secret: front matter
            ---
            # The *title*

            A [link](http://x.test) with `code` &amp; **bold**.

            - one
            - two

            | a | b |
            |---|---|
            | c | d |

            ```
            var x = 1;
            ```
            <script>alert(1)</script>
            """);
        Assert.Equal("The title", parsed.Title);
        Assert.Equal("The title\n\nA link with code & bold.\n\none\ntwo\na\tb\nc\td\nvar x = 1;", parsed.Text);
    }

    [Fact]
    public void Html_keeps_the_content_that_a_reader_sees()
    {
        var parsed = Parse(MediaTypes.Html, """
            <!doctype html><html><head><title> The  page </title><style>p { color: red }</style></head><body>
            <nav>Home | About</nav><script>alert("x")</script>
            <h1>Heading</h1><p>First <b>bold</b>
              text&nbsp;&amp; more.</p><div>Second</div><p hidden>unseen</p>
            <ul><li>one</li><li>two</li></ul><table><tr><td>a</td><td>b</td></tr></table><footer>imprint</footer></body></html>
            """);
        Assert.Equal("The page", parsed.Title);
        Assert.Equal("Heading\nFirst bold text & more.\nSecond\none\ntwo\na b", parsed.Text);
    }

    [Fact]
    public void Pdf_is_read_page_by_page()
    {
        var parsed = Parse(MediaTypes.Pdf, Pdf("First page of it", "Second page of it"));
        Assert.Equal("Test title", parsed.Title);
        Assert.Equal("First page of it\n\nSecond page of it", parsed.Text);
    }

    [Fact]
    public void Docx_is_read_paragraph_by_paragraph_and_row_by_row()
    {
        var parsed = Parse(MediaTypes.Docx, Docx(
            new Paragraph(new Run(new Text("A heading"))),
            new Paragraph(new Run(new Text("Some ") { Space = SpaceProcessingModeValues.Preserve }), new Run(new Text("text"), new TabChar(), new Text("here"))),
            new Table(new TableRow(new TableCell(new Paragraph(new Run(new Text("a")))), new TableCell(new Paragraph(new Run(new Text("b"))))))));
        Assert.Equal("Word title", parsed.Title);
        Assert.Equal("A heading\nSome text\there\na\tb", parsed.Text);
    }

    public static TheoryData<string, string, byte[], string> Hostile()
    {
        var pdf = Pdf("text");
        var docx = Docx(new Paragraph(new Run(new Text("text"))));
        return new()
        {
            { "only spaces", MediaTypes.Text, " \n\t "u8.ToArray(), "it holds no text" },
            { "empty html", MediaTypes.Html, "<html><script>x</script></html>"u8.ToArray(), "it holds no text" },
            { "too long", MediaTypes.Text, Encoding.UTF8.GetBytes(new string('x', 10_001)), "it has more than 10000 characters of text; split it" },
            { "much too long", MediaTypes.Text, Encoding.UTF8.GetBytes(new string('x', 50_000)), "it has more than 10000 characters of text; split it" },
            { "long html", MediaTypes.Html, Encoding.UTF8.GetBytes("<p>" + new string('x', 20_000)), "it has more than 10000 characters of text; split it" },
            { "not a pdf", MediaTypes.Pdf, "hello"u8.ToArray(), "it is not a readable PDF file (" },
            { "half a pdf", MediaTypes.Pdf, pdf[..(pdf.Length / 3)], "it is not a readable PDF file (" },
            { "many pages", MediaTypes.Pdf, Pdf("1", "2", "3", "4", "5", "6"), "it has 6 pages; at most 5 are read; split it" },
            { "scanned pdf", MediaTypes.Pdf, Pdf(""), "it holds no text; a scanned document must go through text recognition first" },
            { "not a docx", MediaTypes.Docx, "hello"u8.ToArray(), "it is not a readable Word (DOCX) file (" },
            { "half a docx", MediaTypes.Docx, docx[..(docx.Length / 2)], "it is not a readable Word (DOCX) file (" },
            { "another zip", MediaTypes.Docx, Zip("a.txt", "text"u8.ToArray()), "it is " },
            { "zip bomb", MediaTypes.Docx, Zip("word/document.xml", new byte[300 * 1024 * 1024]), "it unpacks to more than 256 MiB" },
            {
                "password", MediaTypes.Docx, [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0, 0],
                "it is a Word file with a password, or of the old .doc format; save it as .docx without a password"
            },
            { "other type", "image/png", "x"u8.ToArray(), "the content type 'image/png' can't be read; use text/plain" },
        };
    }

    [Theory]
    [MemberData(nameof(Hostile))]
    public void What_cant_be_read_gets_a_reason_for_a_person(string what, string contentType, byte[] content, string reason)
    {
        var error = Assert.Throws<UnreadableDocumentException>(() => Parse(contentType, content));
        Assert.True(error.Message.StartsWith(reason, StringComparison.Ordinal), $"{what}: {error.Message}");
    }

    [Fact]
    public void A_pdf_with_a_password_says_so()
    {
        var pdf = Encoding.Latin1.GetString(Pdf("text"));
        // The standard security handler with hashes that no password meets.
        var encrypted = pdf.Replace("trailer\n<<", "trailer\n<< /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <" + new string('a', 64) + "> /U <" + new string('b', 64) + "> >> /ID [<00><00>]", StringComparison.Ordinal)
            .Replace("trailer\r\n<<", "trailer\r\n<< /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <" + new string('a', 64) + "> /U <" + new string('b', 64) + "> >> /ID [<00><00>]", StringComparison.Ordinal);
        Assert.NotEqual(pdf, encrypted);
        Assert.Equal("it is an encrypted PDF; upload it without a password",
            Assert.Throws<UnreadableDocumentException>(() => Parse(MediaTypes.Pdf, Encoding.Latin1.GetBytes(encrypted))).Message);
    }

    [Fact]
    public void A_page_that_takes_the_parser_minutes_can_be_interrupted()
    {
        // 300,000 nested elements, time by the square of it; interrupted as its time runs out.
        var content = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("<div>", 300_000)));
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        Assert.ThrowsAny<OperationCanceledException>(() => DocumentParsers.Parse(MediaTypes.Html, content, new ParseLimits(1_000_000, 5), limit.Token));
    }

    [Theory]
    [InlineData(MediaTypes.Html, "<div>", 5_000)]
    [InlineData(MediaTypes.Html, "<b>", 20_000)]
    [InlineData(MediaTypes.Markdown, "> ", 4_000)]
    [InlineData(MediaTypes.Markdown, "[", 9_000)]
    [InlineData(MediaTypes.Markdown, "*a", 4_500)]
    public async Task Deep_nesting_ends_in_time_and_takes_nothing_down(string contentType, string part, int times)
    {
        var content = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(part, times)) + "text");
        await Task.Run(() => Record.Exception(() => DocumentParsers.Parse(contentType, content, new ParseLimits(1_000_000, 5), default)))
            .WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Theory]
    [InlineData(MediaTypes.Pdf)]
    [InlineData(MediaTypes.Docx)]
    public void Damaged_files_never_throw_anything_else(string contentType)
    {
        var good = contentType == MediaTypes.Pdf ? Pdf("some text of a page") : Docx(new Paragraph(new Run(new Text("some text"))));
        var chance = new Random(11);
        for (var i = 0; i < 200; i++)
        {
            var damaged = good.ToArray();
            for (var n = chance.Next(1, 30); n > 0; n--)
                damaged[chance.Next(damaged.Length)] = (byte)chance.Next(256);
            var error = Record.Exception(() => Parse(contentType, damaged));
            Assert.True(error is null or UnreadableDocumentException, error?.ToString());
        }
    }

    internal static byte[] Pdf(params string[] pages)
    {
        var builder = new PdfDocumentBuilder { DocumentInformation = { Title = "Test title" } };
        var font = builder.AddStandard14Font(Standard14Font.Helvetica);
        foreach (var text in pages)
        {
            var page = builder.AddPage(UglyToad.PdfPig.Content.PageSize.A4);
            if (text.Length > 0)
                page.AddText(text, 12, new PdfPoint(50, 700), font);
        }

        return builder.Build();
    }

    internal static byte[] Docx(params OpenXmlElement[] content)
    {
        var file = new MemoryStream();
        using (var word = WordprocessingDocument.Create(file, WordprocessingDocumentType.Document))
        {
            word.PackageProperties.Title = "Word title";
            word.AddMainDocumentPart().Document = new Document(new Body(content));
        }

        return file.ToArray();
    }

    private static byte[] Zip(string name, byte[] content)
    {
        var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        using (var entry = zip.CreateEntry(name, CompressionLevel.Fastest).Open())
            entry.Write(content);
        return file.ToArray();
    }

    private static ParsedDocument Parse(string contentType, string content) => Parse(contentType, Encoding.UTF8.GetBytes(content));

    private static ParsedDocument Parse(string contentType, byte[] content) => DocumentParsers.Parse(contentType, content, Limits, default);
}
