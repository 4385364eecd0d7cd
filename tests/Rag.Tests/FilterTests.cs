using System.Text.Json;
using Rag.Errors;
using Rag.Filters;
using Xunit;

namespace Rag.Tests;

public class FilterTests
{
    private static readonly Dictionary<string, MetadataValue> Metadata = new() { ["topic"] = "physics", ["year"] = 2010, ["open"] = true };

    [Theory]
    [InlineData("""{"topic":"physics"}""", true)]
    [InlineData("""{"topic":"chemistry"}""", false)]
    [InlineData("""{"year":{"$gte":2010,"$lt":2011}}""", true)]
    [InlineData("""{"year":{"$gt":2010}}""", false)]
    [InlineData("""{"topic":{"$in":["art","physics"]},"open":true}""", true)]
    [InlineData("""{"topic":{"$nin":["physics"]}}""", false)]
    [InlineData("""{"absent":{"$ne":"x"}}""", true)]
    [InlineData("""{"absent":"x"}""", false)]
    [InlineData("""{"year":"2010"}""", false)]
    public void All_conditions_must_hold(string json, bool matches) =>
        Assert.Equal(matches, MetadataFilter.Parse(JsonDocument.Parse(json).RootElement)!.Matches(Metadata));

    [Theory]
    [InlineData("""[1]""", "filter: expected an object")]
    [InlineData("""{"a":{"$regex":"x"}}""", "filter.a: unknown operator '$regex'")]
    [InlineData("""{"a":{"$in":"x"}}""", "filter.a.$in: expected an array")]
    [InlineData("""{"a":null}""", "filter.a: expected a text")]
    public void A_wrong_filter_says_where_and_why(string json, string message)
    {
        var error = Assert.Throws<RagException>(() => MetadataFilter.Parse(JsonDocument.Parse(json).RootElement));
        Assert.Equal(RagError.InvalidArgument, error.Error);
        Assert.StartsWith(message, error.Message);
    }

    [Fact]
    public void Equal_filters_have_one_canonical_text_and_types_keep_apart()
    {
        static string Canonical(string json) => MetadataFilter.Parse(JsonDocument.Parse(json).RootElement)!.Canonical;
        Assert.Equal(Canonical("""{"a":1,"b":2}"""), Canonical("""{"b":2,"a":1}"""));
        Assert.NotEqual(Canonical("""{"a":1}"""), Canonical("""{"a":"1"}"""));
    }
}
