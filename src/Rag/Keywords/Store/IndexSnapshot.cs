using System.Buffers;
using System.Runtime.InteropServices;
using Rag.Journals;
using Rag.Keywords.Analysis;
using Rag.Keywords.Index;

namespace Rag.Keywords.Store;

/// <summary>
/// The index as of one place of the log, so that a restart needn't analyse every text again. It only saves time: without it, or with an unreadable one,
/// the log tells everything. Dead chunks are left out, so a loaded index is a compact one.
/// </summary>
internal static class IndexSnapshot
{
    private const int Format = 1;
    private const string FileName = "index.snapshot";

    /// <summary>Writes it durably in the place of the old one.</summary>
    public static void Save(string folder, IReadOnlyCollection<KeyValuePair<string, Tenant>> tenants, long logEnd, long batch)
    {
        var path = Path.Combine(folder, FileName);
        var draft = path + ".tmp";
        using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20))
        {
            using var stream = new SnapshotWriteStream(file);
            using var buffered = new BufferedStream(stream, 1 << 16); // Stream's own WriteByte and ReadByte make an array for each byte
            using var output = new BinaryWriter(buffered);
            output.Write(Format);
            output.Write(ChunkAnalyzer.Version);
            output.Write(logEnd);
            output.Write(batch);
            output.Write(tenants.Count);
            foreach (var (name, tenant) in tenants)
                WriteTenant(output, name, tenant);
            output.Flush();
            stream.Complete();
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, path, overwrite: true);
        FolderSync.Flush(folder);
    }

    /// <summary>Reads it.</summary>
    /// <returns>Null when there is none, or one of another version.</returns>
    /// <exception cref="JournalException">It is damaged.</exception>
    public static (Dictionary<string, Tenant> Tenants, long LogEnd, long Batch)? Load(string folder, KeywordsOptions options)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            return null;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
        using var stream = new SnapshotReadStream(file);
        using var buffered = new BufferedStream(stream, 1 << 16);
        using var input = new BinaryReader(buffered);
        try
        {
            if (input.ReadInt32() != Format || input.ReadInt32() != ChunkAnalyzer.Version)
                return null;
            var logEnd = input.ReadInt64();
            var batch = input.ReadInt64();
            var tenants = new Dictionary<string, Tenant>(StringComparer.Ordinal);
            for (var count = input.ReadInt32(); count > 0; count--)
            {
                var name = input.ReadString();
                tenants[name] = ReadTenant(input, name, options);
            }

            if (buffered.ReadByte() >= 0)
                throw new JournalException($"{path}: the snapshot holds more than the index reads");
            stream.ExpectEnd();
            return (tenants, logEnd, batch);
        }
        catch (EndOfStreamException e)
        {
            throw new JournalException($"{path}: the snapshot ends too early", e);
        }
    }

    private static void WriteTenant(BinaryWriter output, string name, Tenant tenant)
    {
        output.Write(name);
        output.Write(tenant.Documents.Count);
        foreach (var (_, document) in tenant.Documents)
            WriteDocument(output, document);

        var state = tenant.Index.Current;
        var numbers = new int[state.Watermark];
        var live = 0;
        for (var chunk = 0; chunk < numbers.Length; chunk++)
            numbers[chunk] = state.Rows[chunk].Document is not null && state.IsVisible(chunk) ? live++ : -1;
        output.Write(live);
        for (var chunk = 0; chunk < numbers.Length; chunk++)
        {
            if (numbers[chunk] < 0 || state.Rows[chunk].Ordinal != 0)
                continue;
            output.Write(state.Rows[chunk].Document!.Id); // its chunks follow each other
        }

        var terms = tenant.Index.Vocabulary.From(0).ToArray().Where(t => t.Postings.Live > 0).ToArray();
        output.Write(terms.Length);
        foreach (var term in terms)
        {
            output.Write(term.Text);
            output.Write7BitEncodedInt(term.Postings.Live);
            var view = term.Postings.Read(state.Watermark);
            var last = 0;
            for (var i = 0; i < view.Count; i++)
            {
                if (numbers[view.Chunks[i]] is var number && number < 0)
                    continue;
                output.Write7BitEncodedInt(number - last);
                output.Write(view.Counts[i]);
                last = number;
            }
        }
    }

    private static Tenant ReadTenant(BinaryReader input, string name, KeywordsOptions options)
    {
        var tenant = new Tenant(options);
        for (var count = input.ReadInt32(); count > 0; count--)
        {
            var document = ReadDocument(input, name);
            tenant.Documents[document.Id] = document;
        }

        var index = tenant.Index;
        var chunks = input.ReadInt32();
        var lengths = new int[chunks];
        for (var chunk = 0; chunk < chunks;)
        {
            var document = tenant.Documents[input.ReadString()];
            document.FirstChunk = chunk;
            for (var ordinal = 0; ordinal < document.Chunks.Length; ordinal++, chunk++)
                index.AddSlot(document, ordinal, lengths[chunk] = document.Chunks[ordinal].Length);
        }

        for (var count = input.ReadInt32(); count > 0; count--)
        {
            var term = index.AddTerm(input.ReadString());
            var number = 0;
            for (var left = input.Read7BitEncodedInt(); left > 0; left--)
            {
                number += input.Read7BitEncodedInt();
                index.AddPosting(term, number, input.ReadByte(), lengths[number]);
            }
        }

        index.Publish();
        return tenant;
    }

    private static void WriteDocument(BinaryWriter output, IndexedDocument document)
    {
        output.Write(document.Id);
        output.Write(document.Version);
        output.Write(document.IsDeleted);
        output.Write(document.Checksum);
        output.Write(document.RecordBytes);
        output.Write(document.Place);
        if (document.IsDeleted)
            return;
        output.Write(document.Title);
        var metadata = new ArrayBufferWriter<byte>();
        DocumentRecord.WriteMetadata(metadata, document.Metadata);
        output.Write(metadata.WrittenCount);
        output.Write(metadata.WrittenSpan);
        output.Write(document.Chunks.Length);
        output.Write(MemoryMarshal.AsBytes(document.Chunks.AsSpan()));
    }

    private static IndexedDocument ReadDocument(BinaryReader input, string tenant)
    {
        var id = input.ReadString();
        var version = input.ReadInt32();
        var isDeleted = input.ReadBoolean();
        var checksum = input.ReadUInt32();
        var recordBytes = input.ReadInt32();
        var place = input.ReadInt64();
        if (isDeleted)
            return new IndexedDocument { Tenant = tenant, Id = id, Version = version, IsDeleted = true, Checksum = checksum, RecordBytes = recordBytes, Place = place };
        var title = input.ReadString();
        var metadata = new DocumentRecord.Reader(input.ReadBytes(input.ReadInt32())).Metadata();
        var chunks = new ChunkSpot[input.ReadInt32()];
        input.BaseStream.ReadExactly(MemoryMarshal.AsBytes(chunks.AsSpan()));
        return new IndexedDocument
        {
            Tenant = tenant,
            Id = id,
            Version = version,
            IsDeleted = false,
            Title = title,
            Metadata = metadata,
            Chunks = chunks,
            Checksum = checksum,
            RecordBytes = recordBytes,
            Place = place,
        };
    }
}
