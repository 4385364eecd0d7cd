using System.Text;
using System.Text.Json;
using Loadline.Targets;
using Loadline.Targets.OpenApi;
using Loadline.Tests.Plans;
using Loadline.Tests.Targets.Speakers;
using Loadline.Wire;
using Xunit;

namespace Loadline.Tests.Targets;

/// <summary>Broken input of every kind, by seed and bounded: nothing but named problems comes of it.</summary>
public class FuzzTests
{
    private static readonly string[] Odd = ["{", "}", "[", "]", ":", "\"", "'", "#", "- ", "\n", "\t", "{{", "}}", "&a", "*a", "!x", "null", "\u0000", "é", "\uFFFD", "---", "|", ">-", "$", "$.", "{{question}}", "{ path: ", "*", "\\", "\r", "%", "data:", "event:", "[DONE]"];

    [Theory]
    [InlineData(StreamFraming.Sse)]
    [InlineData(StreamFraming.Ndjson)]
    public void The_event_parser_and_every_profiles_rules_take_any_bytes(StreamFraming framing)
    {
        var streams = ProfileConversationTests.Streaming.Select(row => Speaker.ProfileOf(row.Data).Operations["query"].Stream!.Events).ToList();
        for (var seed = 0; seed < 1500; seed++)
        {
            var random = new Random(seed);
            var bytes = Bytes(random);
            using var parser = new EventParser(4096);
            parser.Begin(framing);
            var readings = streams.ConvertAll(_ => new AnswerReading());
            readings.ForEach(reading => reading.Reset("d1"));
            try
            {
                for (var at = 0; at < bytes.Length;)
                {
                    ReadOnlySpan<byte> chunk = bytes.AsSpan(at, Math.Min(bytes.Length - at, random.Next(1, 40)));
                    at += chunk.Length;
                    while (parser.Next(ref chunk))
                        Read(parser);
                }
                if (parser.End())
                    Read(parser);
            }
            catch (EventTooLargeException)
            {
            }

            void Read(EventParser events)
            {
                for (var i = 0; i < streams.Count; i++)
                {
                    try
                    {
                        readings[i].Read(streams[i], events.Name, events.Data);
                    }
                    catch (JsonException)
                    {
                    }
                }
            }
        }
    }

    [Fact]
    public void The_profile_reader_answers_any_text_with_a_profile_or_with_named_problems()
    {
        var texts = Directory.GetFiles(TargetProfileReaderTests.Profiles, "*.yaml").Select(File.ReadAllText).ToList();
        var read = 0;
        for (var seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            var text = Mutated(texts[random.Next(texts.Count)], random);
            try
            {
                TargetProfileReader.Read(text);
                read++;
            }
            catch (TargetProfileException e)
            {
                Assert.All(e.Problems, problem => Assert.True(problem is { Line: >= 1, Path.Length: > 0, Rule.Length: > 0, Remedy.Length: > 0 }, $"seed {seed}: {problem}"));
            }
        }
        Assert.InRange(read, 100, 2900);
    }

    [Fact]
    public void The_openapi_reader_answers_any_text_with_a_whole_profile_or_with_named_problems()
    {
        var texts = new List<string> { Repository.Text("docs/openapi.json"), OpenApi.ProfileDraftTests.Json, OpenApi.ProfileDraftTests.Yaml };
        var drafted = 0;
        for (var seed = 0; seed < 600; seed++)
        {
            var random = new Random(seed);
            var text = Mutated(texts[random.Next(texts.Count)], random);
            try
            {
                var draft = ProfileDraft.Of(OpenApiDocument.Read(text, "openapi.json"), "openapi.json");
                TargetProfileReader.Read(draft.Yaml, $"seed {seed}");
                drafted++;
            }
            catch (TargetProfileException e)
            {
                Assert.False(e.Message.StartsWith("seed", StringComparison.Ordinal), e.Message);
                Assert.All(e.Problems, problem => Assert.True(problem is { Line: >= 1, Path.Length: > 0, Rule.Length: > 0, Remedy.Length: > 0 }, $"seed {seed}: {problem}"));
            }
        }
        Assert.InRange(drafted, 20, 590);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    public void Deep_nesting_is_a_problem_and_no_overflow(string level)
    {
        var deep = string.Concat(Enumerable.Repeat(level, 100_000));
        Assert.Throws<TargetProfileException>(() => TargetProfileReader.Read("name: a\nabout: b\noperations: " + deep));
        Assert.Throws<TargetProfileException>(() => OpenApiDocument.Read(deep, "x"));
        Assert.Throws<TargetProfileException>(() => OpenApiDocument.Read("{\"a\":" + deep, "x"));
    }

    [Fact]
    public void Aliases_that_make_a_small_text_huge_are_refused()
    {
        const string bomb = "a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b]\n";
        Assert.Contains("uses the alias '*a'", Assert.Throws<TargetProfileException>(() => TargetProfileReader.Read(bomb)).Message);
        Assert.Contains("uses the alias '*a'", Assert.Throws<TargetProfileException>(() => OpenApiDocument.Read(bomb, "x")).Message);
    }

    private static byte[] Bytes(Random random)
    {
        var text = new StringBuilder();
        var speakers = ProfileConversationTests.Streaming.Select(row => row.Data).ToList();
        foreach (var (one, _) in ProfileConversationTests.Speakers[speakers[random.Next(speakers.Count)]]().Stream(["a", "b"], "d1"))
            text.Append(one);
        var bytes = Encoding.UTF8.GetBytes(Mutated(text.ToString(), random));
        for (var i = random.Next(4); i > 0 && bytes.Length > 0; i--)
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        return bytes;
    }

    private static string Mutated(string text, Random random)
    {
        for (var change = random.Next(1, 6); change > 0; change--)
        {
            var at = random.Next(text.Length + 1);
            var length = Math.Min(text.Length - at, random.Next(2) == 0 ? random.Next(3) : random.Next(60));
            text = random.Next(5) switch
            {
                0 => text.Remove(at, length),
                1 => text.Insert(at, Odd[random.Next(Odd.Length)]),
                2 => text.Remove(at, length).Insert(at, Odd[random.Next(Odd.Length)]),
                3 => text.Insert(random.Next(text.Length + 1), text.Substring(at, length)),
                _ => text.Length == 0 ? text : text.Remove(at, length).Insert(at, new string((char)random.Next(1, 0x250), 1)),
            };
        }
        return text;
    }
}
