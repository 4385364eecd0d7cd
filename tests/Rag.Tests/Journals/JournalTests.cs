using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Rag.Errors;
using Rag.Journals;
using Xunit;

namespace Rag.Tests.Journals;

public class JournalTests
{
    [Fact]
    public async Task Records_come_back_in_order_after_a_restart()
    {
        using var folder = new TestFolder();
        using (var journal = Open(folder, out _))
            for (var i = 0; i < 100; i++)
                await Append(journal, $"record {i}");
        using (Open(folder, out var state))
            Assert.Equal(Enumerable.Range(0, 100).Select(i => $"record {i}"), state.Records);
    }

    [Fact]
    public async Task Concurrent_callers_are_each_confirmed_and_none_is_lost()
    {
        using var folder = new TestFolder();
        using (var journal = Open(folder, out _))
            await Task.WhenAll(Enumerable.Range(0, 8).Select(t => Task.Run(async () =>
            {
                for (var i = 0; i < 50; i++)
                    await Append(journal, $"{t}:{i}");
            })));
        using (Open(folder, out var state))
        {
            Assert.Equal(400, state.Records.Count);
            for (var t = 0; t < 8; t++)
                Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{t}:{i}"), state.Records.Where(r => r.StartsWith($"{t}:", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task What_is_confirmed_is_in_the_file_before_the_journal_is_closed()
    {
        using var folder = new TestFolder();
        using var journal = Open(folder, out _);
        await Append(journal, "confirmed");
        using var crashed = folder.Copy();
        using (Open(crashed, out var state))
            Assert.Equal(["confirmed"], state.Records);
    }

    [Fact]
    public async Task A_snapshot_replaces_the_log_before_it_and_keeps_the_log_after_it()
    {
        using var folder = new TestFolder();
        using (var journal = Open(folder, out _))
        {
            await Append(journal, "old");
            var number = journal.BeginSnapshot();
            await Append(journal, "new");
            journal.SaveSnapshot(number, stream => stream.Write("the state"u8));
            await Append(journal, "newer");
        }

        using (Open(folder, out var state))
        {
            Assert.Equal("the state", state.Snapshot);
            Assert.Equal(["new", "newer"], state.Records);
        }

        _ = folder.File("log-*");
        _ = folder.File("snapshot-*");
    }

    [Fact]
    public async Task A_crash_between_the_snapshots_rename_and_the_logs_deletion_repeats_nothing()
    {
        using var folder = new TestFolder();
        using (var journal = Open(folder, out _))
        {
            await Append(journal, "old");
            using var before = folder.Copy();
            var number = journal.BeginSnapshot();
            await Append(journal, "new");
            journal.SaveSnapshot(number, stream => stream.Write("the state"u8));
            foreach (var file in Directory.GetFiles(before.Path))
                File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)), overwrite: false);
        }

        Assert.Equal(2, Directory.GetFiles(folder.Path, "log-*").Length);
        using (Open(folder, out var state))
            Assert.Equal(("the state", "new"), (state.Snapshot, Assert.Single(state.Records)));
        _ = folder.File("log-*");
    }

    [Fact]
    public async Task A_crash_while_a_snapshot_is_written_leaves_the_logs_and_no_draft()
    {
        using var folder = new TestFolder();
        using (var journal = Open(folder, out _))
        {
            await Append(journal, "one");
            var number = journal.BeginSnapshot();
            await Append(journal, "two");
            Assert.Throws<IOException>(() => journal.SaveSnapshot(number, stream =>
            {
                stream.Write("half"u8);
                throw new IOException("disk full");
            }));
        }

        Assert.Single(Directory.GetFiles(folder.Path, "*.tmp"));
        using (Open(folder, out var state))
            Assert.Equal(["one", "two"], state.Records);
        Assert.Empty(Directory.GetFiles(folder.Path, "*.tmp"));
    }

    [Fact]
    public async Task Every_cut_of_the_last_write_is_a_torn_tail_and_loses_only_that_write()
    {
        using var folder = new TestFolder();
        long whole;
        using (var journal = Open(folder, out _))
        {
            await Append(journal, "first");
            whole = new FileInfo(folder.File("log-*")).Length;
            await Append(journal, "second");
        }

        var bytes = File.ReadAllBytes(folder.File("log-*"));
        for (var cut = whole; cut < bytes.Length; cut++)
        {
            using var torn = new TestFolder();
            File.WriteAllBytes(Path.Combine(torn.Path, Path.GetFileName(folder.File("log-*"))), bytes[..(int)cut]);
            using (var journal = Open(torn, out var state))
            {
                Assert.Equal(["first"], state.Records);
                await Append(journal, "third");
            }

            using (Open(torn, out var state))
                Assert.Equal(["first", "third"], state.Records);
        }
    }

    [Fact]
    public async Task Each_flipped_byte_is_an_error_that_names_the_file_and_changes_nothing()
    {
        using var folder = new TestFolder();
        using (var journal = Open(folder, out _))
        {
            await Append(journal, "first");
            await Append(journal, "second");
        }

        var log = folder.File("log-*");
        var bytes = File.ReadAllBytes(log);
        for (var at = 0; at < bytes.Length; at++)
        {
            var damaged = (byte[])bytes.Clone();
            damaged[at] ^= 0x41;
            File.WriteAllBytes(log, damaged);
            var error = Assert.Throws<JournalException>(() => Open(folder, out _));
            Assert.StartsWith($"{log}: damaged at byte ", error.Message);
            Assert.Contains("Restore the folder from a backup", error.Message);
            Assert.Equal(damaged, File.ReadAllBytes(log));
        }
    }

    [Fact]
    public async Task Sectors_of_the_last_write_that_never_reached_the_disk_are_a_torn_tail_but_in_the_middle_damage()
    {
        using var folder = new TestFolder();
        long whole;
        using (var journal = Open(folder, out _))
        {
            await Append(journal, "first");
            whole = new FileInfo(folder.File("log-*")).Length;
            await Append(journal, new string('x', 3000));
        }

        var log = folder.File("log-*");
        var bytes = File.ReadAllBytes(log);
        bytes.AsSpan(1024, 512).Clear();
        File.WriteAllBytes(log, bytes);
        using (var journal = Open(folder, out var state))
        {
            Assert.Equal(["first"], state.Records);
            Assert.Equal(whole, new FileInfo(log).Length);
            await Append(journal, "second");
        }

        File.WriteAllBytes(log, [.. bytes, .. "more"u8]);
        Assert.Throws<JournalException>(() => Open(folder, out _));
    }

    [Theory]
    [InlineData("log-0000000000000001.log")]
    [InlineData("snapshot-0000000000000001.bin")]
    public async Task A_missing_file_is_an_error(string missing)
    {
        using var folder = new TestFolder();
        using (var journal = Open(folder, out _))
        {
            await Append(journal, "old");
            var number = journal.BeginSnapshot();
            await Append(journal, "new");
            journal.SaveSnapshot(number, stream => stream.Write("the state"u8));
            _ = journal.BeginSnapshot();
            await Append(journal, "newer");
        }

        File.Delete(Path.Combine(folder.Path, missing));
        var error = Assert.Throws<JournalException>(() => Open(folder, out _));
        Assert.Contains("is missing", error.Message);
    }

    [Fact]
    public void Each_flipped_byte_and_each_cut_of_a_snapshot_is_an_error()
    {
        using var folder = new TestFolder();
        using (var journal = Open(folder, out _))
            journal.SaveSnapshot(journal.BeginSnapshot(), stream => stream.Write("the state"u8));
        var path = folder.File("snapshot-*");
        var bytes = File.ReadAllBytes(path);
        for (var at = 0; at < bytes.Length; at++)
        {
            var damaged = (byte[])bytes.Clone();
            damaged[at] ^= 0x41;
            File.WriteAllBytes(path, damaged);
            Assert.StartsWith(path, Assert.Throws<JournalException>(() => Open(folder, out _)).Message);
            File.WriteAllBytes(path, bytes[..at]);
            Assert.StartsWith(path, Assert.Throws<JournalException>(() => Open(folder, out _)).Message);
        }
    }

    [Fact]
    public void A_folder_in_use_is_refused()
    {
        using var folder = new TestFolder();
        using var journal = Open(folder, out _);
        Assert.Contains("another process uses this folder", Assert.Throws<JournalException>(() => Open(folder, out _)).Message);
    }

    [Fact]
    public async Task A_failed_write_refuses_everything_after_it()
    {
        using var folder = new TestFolder();
        using var journal = Open(folder, out _);
        Directory.CreateDirectory(Path.Combine(folder.Path, "log-0000000000000000.log")); // where the log file should be
        var error = await Assert.ThrowsAsync<RagException>(() => Append(journal, "lost"));
        Assert.Equal(RagError.Unavailable, error.Error);
        Assert.Throws<RagException>(() => { _ = journal.AppendAsync("later"u8); });
    }

    [Fact]
    public void Too_large_a_record_is_refused()
    {
        using var folder = new TestFolder();
        using var journal = Journal.Open(folder.Path, new State(), new JournalOptions { MaxRecordBytes = 10 }, NullLogger.Instance);
        var error = Assert.Throws<RagException>(() => { _ = journal.AppendAsync(new byte[11]); });
        Assert.Equal(RagError.TooLarge, error.Error);
    }

    private static Journal Open(TestFolder folder, out State state)
    {
        state = new State();
        return Journal.Open(folder.Path, state, new JournalOptions(), NullLogger.Instance);
    }

    private static Task Append(Journal journal, string text) => journal.AppendAsync(Encoding.UTF8.GetBytes(text));

    private sealed class State : IJournalState
    {
        public string? Snapshot { get; private set; }

        public List<string> Records { get; } = [];

        public void Load(Stream snapshot)
        {
            using var reader = new StreamReader(snapshot, leaveOpen: true);
            Snapshot = reader.ReadToEnd();
        }

        public void Apply(ReadOnlySpan<byte> record) => Records.Add(Encoding.UTF8.GetString(record));
    }
}
