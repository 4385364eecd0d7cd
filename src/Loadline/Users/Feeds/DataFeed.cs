using System.Text;
using Loadline.Plans;

namespace Loadline.Users.Feeds;

/// <summary>
/// Documents and questions that look like a knowledge base's and can be checked: topics with vocabularies of their own, words by Zipf's law, sizes from the plan,
/// and in each document facts about a thing that no other document names. Everything is computed from the seed and a number whenever it is asked for, so a
/// million documents cost no memory. Safe for many threads.
/// </summary>
public sealed class DataFeed
{
    private const int TopicWords = 400;
    private const int GeneralWords = 4_000;
    private const int Quantiles = 4_096;
    private const ulong CorpusStream = 1;
    private const ulong UserStream = 2;

    // Names below are the corpus', those from here on the users': one name, one document.
    private const int FirstUserName = 10_000_000;
    private const int NamesPerUser = 800;

    [ThreadStatic]
    private static SeededRandom? threadRandom;

    [ThreadStatic]
    private static StringBuilder? threadText;

    private readonly ulong _seed;
    private readonly PlanData _data;
    private readonly Zipf _popularity;
    private readonly int _spread;
    private readonly short[] _functionRanks;
    private readonly short[] _topicRanks;
    private readonly short[] _generalRanks;

    /// <summary>A feed.</summary>
    public DataFeed(PlanData data, ulong seed)
    {
        _seed = seed;
        _data = data;
        _popularity = new Zipf(Math.Max(1, data.Documents), data.Popularity);
        _spread = Coprime(Math.Max(1, data.Documents), seed);
        _functionRanks = InverseZipf(Words.Function.Length);
        _topicRanks = InverseZipf(TopicWords);
        _generalRanks = InverseZipf(GeneralWords);
    }

    /// <summary>The id of a corpus document.</summary>
    public static string DocumentId(int index) => $"d{index}";

    /// <summary>The id of a user's document.</summary>
    public static string UserDocumentId(int user, int slot) => $"u{user}-d{slot}";

    /// <summary>The corpus document of a number from 0.</summary>
    public GeneratedDocument Document(int index)
    {
        var seed = SeededRandom.Mix(_seed, CorpusStream, (ulong)index);
        return Write(DocumentId(index), Words.Name(index % FirstUserName), seed, seed);
    }

    /// <summary>A user's document. Versions keep topic and thing; text and values are new.</summary>
    public GeneratedDocument UserDocument(int user, int slot, int version)
    {
        var seed = UserSeed(user, slot);
        return Write(UserDocumentId(user, slot), UserThing(user, slot), seed, SeededRandom.Mix(seed, 3, (ulong)version));
    }

    /// <summary>The facts of a corpus document, as its text says them.</summary>
    public IReadOnlyList<Fact> Facts(int index)
    {
        var seed = SeededRandom.Mix(_seed, CorpusStream, (ulong)index);
        var thing = Words.Name(index % FirstUserName);
        return [.. Enumerable.Range(0, FactsIn(WordsOf(Seeded(seed)))).Select(fact => Fact.Of(thing, seed, seed, fact))];
    }

    /// <summary>A question about a corpus document, popular ones more often; without a corpus one that has no known answer.</summary>
    public GeneratedQuestion Question(Random random)
    {
        if (_data.Documents == 0)
            return new GeneratedQuestion($"What is known about {Words.Word(random.Next(GeneralWords))} and {Words.Word(random.Next(GeneralWords))}?", null, null);
        // Popular documents are spread over the corpus and so over its topics.
        var document = (int)((long)_popularity.Next(random) * _spread % _data.Documents);
        var seed = SeededRandom.Mix(_seed, CorpusStream, (ulong)document);
        var fact = Fact.Of(Words.Name(document % FirstUserName), seed, seed, random.Next(FactsIn(WordsOf(Seeded(seed)))));
        return new GeneratedQuestion(fact.Question, document, fact.Value);
    }

    private static ulong Key(int user, int slot) => ((ulong)(uint)user << 32) | (uint)slot;

    private static string UserThing(int user, int slot) =>
        Words.Name(FirstUserName + (int)((((long)user * NamesPerUser) + slot) % (Words.Names - FirstUserName)));

    private static SeededRandom Seeded(ulong seed)
    {
        var random = threadRandom ??= new SeededRandom(seed);
        random.Reset(seed);
        return random;
    }

    private static int FactsIn(int words) => Math.Clamp(words / 40, 1, 6);

    private ulong UserSeed(int user, int slot) => SeededRandom.Mix(_seed, UserStream, Key(user, slot));

    // The first draw of a document's own numbers, so that its size (and thereby its facts) is known without its text.
    private int WordsOf(SeededRandom random) => (int)Math.Clamp(Math.Round(_data.Words.Sample(random)), 8, 200_000);

    private GeneratedDocument Write(string id, string thing, ulong seed, ulong textSeed)
    {
        var words = WordsOf(Seeded(seed));
        var random = Seeded(SeededRandom.Mix(textSeed, 5));
        var topic = (int)(seed % (ulong)Math.Max(1, _data.Topics));
        var facts = FactsIn(words);
        var text = (threadText ??= new StringBuilder(4096)).Clear();
        var every = Math.Max(1, words / facts);
        var written = 0;
        for (var fact = 0; fact < facts; fact++)
        {
            text.Append(Fact.Of(thing, seed, textSeed, fact).Sentence).Append(' ');
            written += 6;
            while (written < Math.Min(words, every * (fact + 1)))
                written += Sentence(text, random, topic, thing, Math.Min(words, every * (fact + 1)) - written);
            if (fact < facts - 1 && fact % 2 == 1)
                text.Append("\n\n");
        }
        return new GeneratedDocument(id, $"{thing}: {TopicWord(topic, 0)} and {TopicWord(topic, random.Next(1, 20))}", text.ToString().TrimEnd(), $"topic-{topic}");
    }

    private int Sentence(StringBuilder text, SeededRandom random, int topic, string thing, int most)
    {
        var length = Math.Min(Math.Max(1, most), 6 + random.Next(13));
        for (var i = 0; i < length; i++)
        {
            // One draw a word: 12 bits choose the rank, others the kind. About half of English running text is function words.
            var bits = random.NextBits();
            var quantile = (int)(bits & (Quantiles - 1));
            var kind = (int)((bits >> 32) % 100);
            var word = kind switch
            {
                < 45 => Words.Function[_functionRanks[quantile]],
                < 85 => TopicWord(topic, _topicRanks[quantile]),
                < 97 => Words.Word(_generalRanks[quantile]),
                _ => thing,
            };
            if (i > 0)
                text.Append(' ').Append(word);
            else
                text.Append(char.ToUpperInvariant(word[0])).Append(word, 1, word.Length - 1);
        }
        text.Append(". ");
        return length;
    }

    // Topics' vocabularies begin at different places and may share words, as real topics do.
    private static string TopicWord(int topic, int rank) =>
        Words.Word(GeneralWords + (int)((((long)topic * 331) + ((long)rank * 71)) % (Words.Vocabulary - GeneralWords)));

    private static short[] InverseZipf(int count)
    {
        var sum = Enumerable.Range(1, count).Sum(rank => 1.0 / rank);
        var table = new short[Quantiles];
        var (rank, upTo) = (0, 1 / sum);
        for (var i = 0; i < Quantiles; i++)
        {
            while (rank < count - 1 && (i + 0.5) / Quantiles > upTo)
                upTo += 1.0 / (++rank + 1) / sum;
            table[i] = (short)rank;
        }
        return table;
    }

    private static int Coprime(int count, ulong seed)
    {
        var candidate = (int)(SeededRandom.Mix(seed, 4) % (ulong)count);
        while (Gcd(candidate, count) != 1)
            candidate = (candidate + 1) % Math.Max(2, count);
        return candidate;

        static int Gcd(int a, int b)
        {
            while (b != 0)
                (a, b) = (b, a % b);
            return a;
        }
    }
}
