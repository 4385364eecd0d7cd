using CsCheck;
using Rag.Tests.Journals;
using Rag.Vectors;
using Xunit;

namespace Rag.Tests.Vectors;

/// <summary>Random histories beside the simplest thing that could be right: a dictionary and a full comparison.</summary>
public class ModelTests
{
    private static readonly Gen<(int Kind, int Document, int Version, int Chunks)[]> Histories =
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 7], Gen.Int[1, 6], Gen.Int[0, 4]).Array[1, 60];

    [Fact]
    public void Any_history_of_replacements_deletions_repairs_and_restarts_ends_as_the_model_says() => Histories.Sample(history =>
    {
        using var folder = new TestFolder();
        var random = new Random(history.Length);
        var model = new Dictionary<string, (int Version, DocumentVectors? Document)>();
        var options = new VectorsOptions { ScanBelow = random.Next(2) * 100, RepairFloor = 2, SnapshotAfterLogBytes = 4096 };
        var index = Make.Index(folder, options);
        try
        {
            foreach (var (kind, number, version, chunks) in history)
            {
                var id = $"d{number}";
                var (seen, held) = model.GetValueOrDefault(id);
                switch (kind)
                {
                    case 0:
                        index.Dispose();
                        index = Make.Index(folder, options);
                        break;
                    case 1:
                        index.MaintainAsync().GetAwaiter().GetResult();
                        break;
                    case 2 or 3:
                        Make.Delete(index, id, version).GetAwaiter().GetResult();
                        if (version > seen || (version == seen && held is not null))
                            model[id] = (version, null);
                        break;
                    default:
                        var document = Make.Document(id, version, random, chunks);
                        Make.Replace(index, document).GetAwaiter().GetResult();
                        if (version > seen)
                            model[id] = (version, document);
                        break;
                }
            }

            var query = Make.Vector(random);
            var expected = Make.Exact(model.Values.Where(m => m.Document is not null).Select(m => m.Document!), query, 100);
            var found = Make.Search(index, query, 100).GetAwaiter().GetResult();
            return expected.Select(h => (h.DocumentId, h.Version, h.Ordinal)).SequenceEqual(found.Select(h => (h.DocumentId, h.Version, h.Ordinal)))
                && expected.Zip(found).All(pair => Math.Abs(pair.First.Score - pair.Second.Score) < 1e-5f);
        }
        finally
        {
            index.Dispose();
        }
    }, iter: 60, threads: 1);
}
