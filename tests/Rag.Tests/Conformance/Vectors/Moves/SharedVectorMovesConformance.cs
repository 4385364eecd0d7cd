using Rag.Errors;
using Rag.Tests.Vectors;
using Rag.Vectors;
using Rag.Vectors.Moves;
using Xunit;

namespace Rag.Tests.Conformance.Vectors.Moves;

/// <summary>The same for engines whose indexes several processes work on: each hears of a step of the move, if late.</summary>
public abstract class SharedVectorMovesConformance : VectorMovesConformance
{
    [Fact]
    public async Task Another_process_on_the_same_indexes_hears_of_each_step()
    {
        await using var other = OpenVectors();
        await PutAsync(Document("a", 1, Old));
        Assert.Equal(Old, (await other.ModelsAsync(Stop)).Active);
        await Vectors.PrepareAsync(New, Stop);

        await Make.Replace(other, Document("late", 1, Old)); // it has not heard of it: within moments
        Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(RagError.Unavailable, (await RefusedAsync(() => Make.Replace(other, Document("b", 1, Old)))).Error);
        await FillAsync();
        Assert.Equal(["a", "late"], (await VersionsAsync(New)).Keys.Order());
        Assert.Equal(2 * 2, (await other.SearchAsync(new VectorSearch("t", New, new float[New.Dimensions].Select((_, i) => i == 0 ? 1f : 0).ToArray(), 10, null), Stop)).Count); // it looks before it refuses
    }

    [Fact]
    public async Task What_reached_the_old_index_alone_after_the_switch_is_brought_over_before_it_is_dropped()
    {
        await using var other = OpenVectors();
        await PutAsync(Document("a", 1, Old));
        Assert.Equal(Old, (await other.ModelsAsync(Stop)).Active);
        await Vectors.PrepareAsync(New, Stop);
        Assert.Equal(New, (await FillAsync()).Active);

        await Make.Replace(other, Document("late", 1, Old)); // it slept through all of it
        Time.Advance(Keep);
        var models = await Vectors.AdvanceAsync(Stop);
        Assert.Equal((Old, 1L), (models.Retired, models.Behind));
        Assert.Null((await FillAsync()).Retired);
        Assert.Equal(["a", "late"], (await VersionsAsync(New)).Keys.Order());
    }

    [Fact]
    public async Task Of_two_processes_that_write_a_plan_one_wins()
    {
        var (one, two) = (Open(), Open());
        try
        {
            var plan = VectorPlan.First with { Revision = 1, ActiveModel = Old };
            var won = await Task.WhenAll(one.WritePlanAsync(plan with { Last = 2 }, Stop).AsTask(), two.WritePlanAsync(plan with { Last = 3 }, Stop).AsTask());
            Assert.Single(won, true);
            var read = (await one.ReadPlanAsync(Stop))!;
            Assert.Equal(won[0] ? 2 : 3, read.Last);
            Assert.Equal((1L, Old), (read.Revision, read.ActiveModel));
            Assert.False(await two.WritePlanAsync(plan, Stop)); // of a revision that was overtaken
        }
        finally
        {
            (one as IDisposable)?.Dispose();
            (two as IDisposable)?.Dispose();
        }
    }
}
