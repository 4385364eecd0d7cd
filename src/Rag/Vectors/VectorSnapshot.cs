using System.Runtime.InteropServices;
using System.Text;
using Rag.Vectors.Graphs;

namespace Rag.Vectors;

/// <summary>
/// The index in a file, graph included. Slots are renumbered without gaps, in the order of the old ones; links to slots that aren't in it are left out.
/// <code>
/// format:i32 links:i32 model? tenants ( name documents ( id version chunks? ( metadata ids ) ) )
/// slots ( vector:f32… level:u8 ( count:u8 id:i32… ) per layer )
/// </code>
/// Written while inserts and searches go on: a document is in it as it was at some moment after the snapshot began, and the log repeats what came after.
/// </summary>
internal static unsafe class VectorSnapshot
{
    private const int Format = 1;
    private const int Substitutes = 2;

    public static void Write(Stream stream, VectorSpace? space, IReadOnlyCollection<Tenant> tenants)
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        var captured = tenants.Select(tenant => (tenant.Name, Documents: tenant.Documents.Values
            .Select(document => (document.Id, document.Published)).Where(document => document.Published.Version > 0).ToList())).ToList();
        writer.Write(Format);
        writer.Write(space is not null);
        var ids = Array.Empty<int>();
        var count = 0;
        if (space is not null)
        {
            writer.Write(space.Store.Links);
            VectorRecord.WriteModel(writer, space.Model);
            ids = new int[space.Store.Capacity];
            foreach (var slot in captured.SelectMany(t => t.Documents).SelectMany(d => d.Published.Chunks?.Slots ?? []).Where(slot => slot >= 0))
                ids[slot] = 1;
            for (var slot = 0; slot < ids.Length; slot++)
                ids[slot] = ids[slot] == 1 ? count++ : -1;
        }

        writer.Write(captured.Count);
        foreach (var (name, documents) in captured)
        {
            writer.Write(name);
            writer.Write(documents.Count);
            foreach (var (id, published) in documents)
            {
                writer.Write(id);
                writer.Write(published.Version);
                writer.Write(published.Chunks is not null);
                if (published.Chunks is not { } chunks)
                    continue;
                VectorRecord.WriteMetadata(writer, chunks.Metadata);
                writer.Write(chunks.Slots.Length);
                foreach (var slot in chunks.Slots)
                    writer.Write(slot < 0 ? -1 : ids[slot]);
            }
        }

        writer.Write(count);
        var kept = new int[space?.Store.MostLinks(0) ?? 0];
        if (space is not null)
            for (var slot = 0; slot < ids.Length; slot++)
                if (ids[slot] >= 0)
                    WriteSlot(writer, space.Store, slot, ids, kept);
    }

    /// <summary>Reads into empty tenants.</summary>
    /// <returns>The space, or null when the index had none.</returns>
    public static VectorSpace? Load(Stream stream, Func<string, Tenant> tenant)
    {
        using var reader = new BinaryReader(stream, Encoding.UTF8, leaveOpen: true);
        if (reader.ReadInt32() is var format && format != Format)
            throw new InvalidDataException($"vectors: the snapshot has format {format}, this version reads {Format}; start the version that wrote it");
        var space = reader.ReadBoolean() ? ReadSpace(reader) : null;
        var owners = new List<(ChunkSet Set, int Ordinal)>();
        for (var tenants = reader.ReadInt32(); tenants > 0; tenants--)
        {
            var into = tenant(reader.ReadString());
            for (var documents = reader.ReadInt32(); documents > 0; documents--)
                ReadDocument(reader, into, owners);
        }

        var count = reader.ReadInt32();
        for (var slot = 0; slot < count; slot++)
        {
            var (set, ordinal) = owners[slot];
            ReadSlot(reader, space!, set, ordinal);
            set.Document.Tenant.OpenGraph(space!).Members.Add(slot);
            set.Document.Tenant.Count(1, 0);
        }

        for (var slot = 0; slot < count; slot++)
        {
            var links = space!.Store.LinksOf(slot, 0);
            for (var i = 1; i <= links[0]; i++)
                space.Store.Head(links[i]).Incoming++;
        }

        foreach (var loaded in owners.Select(o => o.Set.Document.Tenant).Distinct())
        {
            loaded.Graph!.ChooseEntry();
            loaded.Graph.ReconnectOrphans([]);
        }

        return space;
    }

    private static VectorSpace ReadSpace(BinaryReader reader)
    {
        var links = reader.ReadInt32();
        return new VectorSpace(VectorRecord.ReadModel(reader), links);
    }

    private static void ReadDocument(BinaryReader reader, Tenant tenant, List<(ChunkSet Set, int Ordinal)> owners)
    {
        var document = new Document(tenant, reader.ReadString());
        tenant.Documents[document.Id] = document;
        var version = reader.ReadInt32();
        ChunkSet? chunks = null;
        if (reader.ReadBoolean())
        {
            var metadata = VectorRecord.ReadMetadata(reader);
            chunks = new ChunkSet(document, version, metadata, new int[reader.ReadInt32()]);
            for (var i = 0; i < chunks.Slots.Length; i++)
            {
                var slot = chunks.Slots[i] = reader.ReadInt32();
                if (slot < 0)
                    continue;
                while (owners.Count <= slot)
                    owners.Add(default);
                owners[slot] = (chunks, i);
            }
        }

        document.Published = new Published(version, chunks);
        document.Seen = document.Published.Rank;
    }

    private static void WriteSlot(BinaryWriter writer, SlotStore store, int slot, int[] ids, int[] kept)
    {
        writer.Write(MemoryMarshal.AsBytes(store.Vector(slot)));
        var level = store.Head(slot).Level;
        writer.Write((byte)level);
        for (var layer = 0; layer <= level; layer++)
        {
            var count = 0;
            store.Latch(slot);
            var links = store.LinksOf(slot, layer);
            for (var i = 1; i <= links[0]; i++)
                Keep(links[i]);

            // Instead of a slot that is left out, the first of those that it leads to.
            for (var i = 1; i <= links[0]; i++)
            {
                if (Has(links[i]))
                    continue;
                var further = store.LinksOf(links[i], layer);
                for (int j = 1, taken = 0; j <= Volatile.Read(ref further[0]) && taken < Substitutes && count < store.MostLinks(layer); j++)
                    taken += Keep(Volatile.Read(ref further[j])) ? 1 : 0;
            }

            store.Unlatch(slot);
            writer.Write((byte)count);
            writer.Write(MemoryMarshal.AsBytes(kept.AsSpan(0, count)));

            bool Keep(int other)
            {
                if (!Has(other) || other == slot || kept.AsSpan(0, count).Contains(ids[other]))
                    return false;
                kept[count++] = ids[other];
                return true;
            }
        }

        bool Has(int other) => other < ids.Length && ids[other] >= 0;
    }

    private static void ReadSlot(BinaryReader reader, VectorSpace space, ChunkSet set, int ordinal)
    {
        var store = space.Store;
        var vector = new float[store.Dimensions];
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(vector.AsSpan()));
        var slot = store.Add(vector, reader.ReadByte(), set, ordinal);
        store.Life(slot).Born = 0;
        for (var layer = 0; layer <= store.Head(slot).Level; layer++)
        {
            var links = store.LinksOf(slot, layer);
            links[0] = reader.ReadByte();
            reader.BaseStream.ReadExactly(new Span<byte>(links + 1, links[0] * sizeof(int)));
        }
    }
}
