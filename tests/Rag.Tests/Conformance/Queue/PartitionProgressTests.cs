using CsCheck;
using Rag.Engines.Kafka;
using Xunit;

namespace Rag.Tests.Conformance.Queue;

public class PartitionProgressTests
{
    // (done, stored): what is received is 7 8 9 10 11.
    [Fact]
    public void The_stored_offset_is_the_end_of_the_unbroken_row()
    {
        var progress = new PartitionProgress();
        foreach (var offset in (long[])[7, 8, 9, 10, 11])
            progress.Received(offset);
        foreach (var (done, stored) in new (long, long?)[] { (8, null), (7, 9), (11, null), (10, null), (9, 12) })
            Assert.Equal(stored, progress.Done(done));
        Assert.Equal(0, progress.Outstanding);
    }

    [Fact]
    public void Whatever_the_order_nothing_unfinished_is_passed_and_all_finished_is_stored() =>
        Gen.Select(Gen.Int[1, 60], Gen.Int).Sample((count, seed) =>
        {
            var progress = new PartitionProgress();
            var offsets = Enumerable.Range(0, count).Select(i => 100L + i * 3).ToArray(); // compaction leaves holes
            foreach (var offset in offsets)
                progress.Received(offset);
            var open = offsets.ToHashSet();
            var order = offsets.ToArray();
            new Random(seed).Shuffle(order);
            long stored = 0;
            foreach (var offset in order)
            {
                open.Remove(offset);
                stored = progress.Done(offset) ?? stored;
                Assert.DoesNotContain(open, o => o < stored);
            }

            Assert.Equal(offsets[^1] + 1, stored);
        });
}
