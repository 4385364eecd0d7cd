using Rag.Engines.Sqlite;
using Xunit;

namespace Rag.Tests.Documents;

public class BoundedFileTests
{
    private const int Megabyte = 1024 * 1024;

    [Fact]
    public async Task Endless_replacement_doesnt_make_the_file_grow()
    {
        // 20 documents of 50 kB replaced 60 times: 60 MB written, 1 to 3 MB alive.
        using var documents = new DocumentsFixture();
        for (var round = 0; round < 60; round++)
        {
            var text = new string((char)('a' + round % 26), 50_000);
            await Task.WhenAll(Enumerable.Range(0, 20).Select(i => documents.PutAsync($"d{i}", text).AsTask()));
            await documents.IngestAsync();
        }

        Assert.InRange(new FileInfo(documents.DatabasePath).Length, Megabyte, 8 * Megabyte);
        Assert.InRange(new FileInfo(documents.DatabasePath + "-wal").Length, 0, 32 * Megabyte);
    }

    [Fact]
    public async Task What_deletions_leave_is_given_back_to_the_file_system()
    {
        using var documents = new DocumentsFixture();
        var text = new string('x', 2 * Megabyte);
        for (var i = 0; i < 30; i++)
        {
            await documents.PutAsync($"d{i}", text);
            await documents.IngestAsync();
        }

        // 60 MB; each look after 64 commits gives back 8 MB of them.
        for (var i = 0; i < 30; i++)
            await documents.Service.DeleteAsync("t", $"d{i}", null, default);
        await documents.IngestAsync();
        for (var i = 0; i < 600; i++)
            await documents.PutAsync("small");
        documents.Service.Dispose();
        documents.Store.Dispose();
        Assert.InRange(new FileInfo(documents.DatabasePath).Length, 0, 20 * Megabyte);
    }

    [Fact]
    public void A_second_process_is_told_that_the_folder_is_taken()
    {
        using var documents = new DocumentsFixture();
        var refusal = Assert.Throws<InvalidOperationException>(() => SqliteDocumentStore.Open(documents.Folder));
        Assert.Equal($"{documents.DatabasePath}: another process has these documents open; stop it, or use another data folder", refusal.Message);
    }
}
