using CsCheck;
using Rag.Keywords;
using Rag.Keywords.Analysis;
using Rag.Keywords.Index;
using Xunit;

namespace Rag.Tests.Keywords;

public class MaxScoreSearchTests
{
    private static readonly Gen<(int Documents, int Seed, int TopK, int Terms, bool Filtered)> Cases =
        Gen.Select(Gen.Int[1, 12_000], Gen.Int[0, 1_000_000], Gen.Int[1, 60], Gen.Int[1, 8], Gen.Bool);

    [Fact]
    public void The_best_are_those_that_scoring_everything_finds() => Cases.Sample(
        c =>
        {
            var random = new Random(c.Seed);
            var index = new TenantIndex(new KeywordsOptions { SimilarTerms = 0 });
            var chunks = new List<(AnalyzedChunk Chunk, bool Alive)>();
            for (var i = 0; i < c.Documents; i++)
            {
                // Zipf-like: term k comes in about 1/(k+1) of the chunks.
                var terms = Enumerable.Range(0, 12).Where(k => random.Next(k + 1) == 0).Select(k => ($"w{k}", 1 + random.Next(1 + random.Next(9)))).ToArray();
                var chunk = new AnalyzedChunk(terms, terms.Sum(t => t.Item2) + random.Next(30));
                var document = new IndexedDocument { Tenant = "t", Id = $"{i}", Version = 1, IsDeleted = false, Checksum = 0, RecordBytes = 0, Chunks = new ChunkSpot[1] };
                index.Add(document, [chunk]);
                var dies = random.Next(10) == 0;
                if (dies)
                    index.Remove(document, [chunk]);
                chunks.Add((chunk, !dies));
            }

            index.Publish();
            if (index.WantsCompaction)
                index = index.Compact();
            var state = index.Current;
            var alive = chunks.Where(x => x.Alive).Select(x => x.Chunk).ToList();
            Assert.Equal(alive.Count, state.Live);
            Assert.Equal(alive.Sum(x => (long)x.Length), state.LiveTerms);
            if (state.Live == 0)
                return;

            var query = Enumerable.Range(0, c.Terms).Select(_ => (Term: $"w{random.Next(12)}", Weight: 0.1 + random.NextDouble())).DistinctBy(t => t.Term).ToList();
            var scoring = new KeywordScoring(1.2, 0.75, state.Live, (double)state.LiveTerms / state.Live);
            bool Accepts(int chunk) => !c.Filtered || int.Parse(state.Rows[chunk].Document!.Id) % 3 == 0;
            var lists = query.Where(t => index.Vocabulary.TryGet(t.Term, out _))
                .Select(t => index.Vocabulary.TryGet(t.Term, out var term) ? (term.Postings.Read(state.Watermark), scoring.Factor(term.Postings.Live, t.Weight)) : default).ToList();
            var found = MaxScoreSearch.Find(lists, scoring, state, c.TopK, c.Filtered ? Accepts : null);

            var average = alive.Average(a => a.Length);
            var idf = query.ToDictionary(t => t.Term, t => Idf(alive.Count, alive.Count(a => a.Terms.Any(y => y.Term == t.Term))));
            var expected = Enumerable.Range(0, state.Watermark).Where(i => state.Rows[i].Document is not null && state.IsVisible(i) && Accepts(i))
                .Select(i => chunks[int.Parse(state.Rows[i].Document!.Id)].Chunk)
                .Select(chunk => query.Sum(t => chunk.Terms.Where(x => x.Term == t.Term).Sum(x =>
                    t.Weight * idf[t.Term] * x.Count * 2.2 / (x.Count + (1.2 * (0.25 + (0.75 * chunk.Length / average))))))).Where(s => s > 0)
                .OrderDescending().Take(c.TopK).Select(s => (float)s).ToList();
            Assert.Equal(expected.Count, found.Count);
            for (var i = 0; i < found.Count; i++)
                Assert.Equal(expected[i], found[i].Score, 4);
            Assert.Equal(found.OrderByDescending(f => f.Score).ThenBy(f => f.Chunk), found);
            Assert.All(found, f => Assert.True(state.IsVisible(f.Chunk) && Accepts(f.Chunk)));
        },
        iter: 40,
        print: c => c.ToString());

    private static double Idf(int chunks, int having) => Math.Log(1 + ((chunks - having + 0.5) / (having + 0.5)));

    [Fact]
    public void Of_equal_chunks_the_earlier_written_come_first()
    {
        var index = new TenantIndex(new KeywordsOptions());
        for (var i = 0; i < 10_000; i++)
            index.Add(
                new IndexedDocument { Tenant = "t", Id = $"{i}", Version = 1, IsDeleted = false, Checksum = 0, RecordBytes = 0, Chunks = new ChunkSpot[1] },
                [new AnalyzedChunk([("x", 1), ("y", 2)], 3)]);
        index.Publish();
        var scoring = new KeywordScoring(1.2, 0.75, 10_000, 3);
        index.Vocabulary.TryGet("x", out var x);
        index.Vocabulary.TryGet("y", out var y);
        var found = MaxScoreSearch.Find([(x.Postings.Read(10_000), 1), (y.Postings.Read(10_000), 0.3)], scoring, index.Current, 5, null);
        Assert.Equal([0, 1, 2, 3, 4], found.Select(f => f.Chunk));
    }
}
