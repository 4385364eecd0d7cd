using CsCheck;
using Loadline.Users;
using Loadline.Users.Feeds;
using Xunit;

namespace Loadline.Tests.Users;

public class FeedTests
{
    private static readonly DataFeed Feed = new(TestPlan.Data, 42);

    [Fact]
    public void The_same_seed_gives_the_same_documents_and_another_seed_others()
    {
        var again = new DataFeed(TestPlan.Data, 42);
        var other = new DataFeed(TestPlan.Data, 43);
        for (var i = 0; i < 200; i++)
        {
            Assert.Equal(Feed.Document(i), again.Document(i));
            Assert.NotEqual(Feed.Document(i).Text, other.Document(i).Text);
            Assert.Equal(Feed.UserDocument(i, 2, 3), again.UserDocument(i, 2, 3));
        }
    }

    [Fact]
    public void Every_question_is_answered_by_its_document_and_by_no_other()
    {
        var random = new Random(5);
        var texts = Enumerable.Range(0, TestPlan.Data.Documents).Select(i => Feed.Document(i).Text).ToList();
        for (var i = 0; i < 200; i++)
        {
            var question = Feed.Question(random);
            var fact = Feed.Facts(question.Document!.Value).Single(candidate => candidate.Question == question.Text);
            Assert.Equal(fact.Value, question.Value);
            Assert.Contains(fact.Sentence, texts[question.Document.Value]);
            Assert.Equal(question.Document, Assert.Single(Enumerable.Range(0, texts.Count), document => texts[document].Contains(fact.Entity)));
        }
    }

    [Fact]
    public void A_document_has_the_words_that_the_plan_asks_for()
    {
        var data = TestPlan.Data with { Words = new Always(200) };
        var feed = new DataFeed(data, 1);
        for (var i = 0; i < 50; i++)
            Assert.InRange(feed.Document(i).Text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Length, 195, 220);
    }

    [Fact]
    public void A_new_version_of_a_users_document_keeps_its_thing_and_says_something_new()
    {
        var (first, second) = (Feed.UserDocument(3, 1, 1), Feed.UserDocument(3, 1, 2));
        Assert.Equal(("u3-d1", first.Topic), (second.Id, second.Topic));
        Assert.Equal(first.Title.Split(':')[0], second.Title.Split(':')[0]);
        Assert.NotEqual(first.Text, second.Text);
    }

    [Fact]
    public void Names_never_repeat_and_are_never_words_of_the_vocabulary()
    {
        var names = Enumerable.Range(0, 200_000).Select(Words.Name).ToHashSet();
        Assert.Equal(200_000, names.Count);
        Assert.Equal(Words.Vocabulary, Enumerable.Range(0, Words.Vocabulary).Select(Words.Word).Distinct().Count());
        Assert.All(names.Take(1000), name => Assert.Equal(8, name.Length));
    }

    // Expected share of rank r: r^-s / Σ k^-s, computed here by summing.
    [Theory]
    [InlineData(10, 0)]
    [InlineData(100, 0.8)]
    [InlineData(100, 1)]
    [InlineData(1000, 1.3)]
    public void Ranks_follow_zipfs_law(int count, double exponent)
    {
        var zipf = new Zipf(count, exponent);
        var random = new SeededRandom(9);
        const int draws = 300_000;
        var seen = new int[count];
        for (var i = 0; i < draws; i++)
            seen[zipf.Next(random)]++;
        var sum = Enumerable.Range(1, count).Sum(rank => Math.Pow(rank, -exponent));
        foreach (var rank in new[] { 1, 2, 3, 5, 10, count })
        {
            var expected = draws * Math.Pow(rank, -exponent) / sum;
            // Five standard deviations of a binomial count.
            Assert.InRange(seen[rank - 1], expected - (5 * Math.Sqrt(expected)) - 1, expected + (5 * Math.Sqrt(expected)) + 1);
        }
    }

    [Fact]
    public void One_rank_is_always_rank_zero() => Assert.Equal(0, new Zipf(1, 0.8).Next(new SeededRandom(1)));

    [Fact]
    public void Popular_documents_are_asked_about_more_often_and_every_document_can_be()
    {
        var feed = new DataFeed(TestPlan.Data with { Documents = 60 }, 3);
        var random = new SeededRandom(1);
        var asked = Enumerable.Range(0, 60_000).Select(_ => feed.Question(random).Document!.Value).CountBy(document => document).ToDictionary();
        Assert.Equal(60, asked.Count);
        // Rank 1 against rank 60 at exponent 0.8: 60^0.8 = 26 times as often.
        Assert.InRange(asked.Values.Max() / (double)asked.Values.Min(), 18, 40);
    }

    [Fact]
    public void Without_a_corpus_a_question_has_no_known_answer()
    {
        var question = new DataFeed(TestPlan.Data with { Documents = 0 }, 3).Question(new SeededRandom(1));
        Assert.Equal((null, null), (question.Document, question.Value));
        Assert.EndsWith("?", question.Text);
    }

    [Fact]
    public void Random_numbers_stay_in_their_bounds() =>
        Gen.Select(Gen.ULong, Gen.Int, Gen.Int).Sample((seed, a, b) =>
        {
            var random = new SeededRandom(seed);
            var (least, most) = (Math.Min(a, b), Math.Max(a, b));
            var between = random.Next(least, most);
            var unit = random.NextDouble();
            return between >= least && (between < most || least == most) && unit is >= 0 and < 1 && random.Next() >= 0;
        });
}
