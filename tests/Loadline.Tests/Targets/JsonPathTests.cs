using System.Text;
using System.Text.Json;
using Loadline.Targets;
using Xunit;

namespace Loadline.Tests.Targets;

public class JsonPathTests
{
    [Theory]
    [InlineData("$", "{\"a\":1}", "{")]
    [InlineData("$.a", "{\"b\":0,\"a\":1}", "1")]
    [InlineData("$.a.b[0].c", "{\"a\":{\"x\":[1],\"b\":[{\"c\":\"v\"},{\"c\":\"w\"}]}}", "v")]
    [InlineData("$.a[1]", "{\"a\":[5,6,7]}", "6")]
    [InlineData("$.a[*].id", "{\"a\":[{\"id\":\"p\"},{},{\"id\":\"q\"}]}", "p,q")]
    [InlineData("$[*]", "[1,2]", "1,2")]
    [InlineData("$[\"a.b\"]", "{\"a.b\":true}", "True")]
    [InlineData("$.a", "{\"\\u0061\":3}", "3")]
    [InlineData("$.a", "{\"b\":{\"a\":1}}", "")]
    [InlineData("$.a.b", "{\"a\":3}", "")]
    [InlineData("$.a[0]", "{\"a\":{\"0\":1}}", "")]
    public void A_path_finds_what_it_names(string path, string json, string expected) =>
        Assert.Equal(expected, string.Join(",", Find(json, path).Select(found => found.Value)));

    [Fact]
    public void Several_paths_are_found_in_one_pass_in_the_texts_order()
    {
        var found = Find("{\"a\":[{\"b\":1,\"c\":2},{\"b\":3}],\"z\":9}", "$.z", "$.a[*].b", "$.a[0].c", "$.a[1].b");
        Assert.Equal([(2, "2"), (1, "1"), (3, "3"), (1, "3"), (0, "9")], found);
    }

    [Theory]
    [InlineData("{\"a\":1")]
    [InlineData("{\"a\":1} x")]
    [InlineData("")]
    [InlineData("{\"b\":[1,],\"a\":1}")]
    [InlineData("<html>")]
    public void What_is_not_one_json_value_is_an_error_even_where_no_path_goes(string json) =>
        Assert.ThrowsAny<JsonException>(() => Find(json, "$.zzz"));

    [Theory]
    [InlineData("a.b", "character 1")]
    [InlineData("$a", "character 2")]
    [InlineData("$.", "character 2")]
    [InlineData("$.a[", "character 4")]
    [InlineData("$.a[x]", "character 4")]
    [InlineData("", "character 1")]
    public void A_wrong_path_says_where(string path, string where) =>
        Assert.Contains(where, Assert.Throws<FormatException>(() => JsonPath.Parse(path)).Message);

    private static List<(int Tag, string Value)> Find(string json, params string[] paths)
    {
        var visitor = new Collector();
        new JsonPathSet(paths.Select((path, tag) => (JsonPath.Parse(path), tag))).Visit(Encoding.UTF8.GetBytes(json), ref visitor);
        return visitor.Found;
    }

    private sealed class Collector : IJsonVisitor
    {
        public List<(int, string)> Found { get; } = [];

        public void OnValue(int tag, ref Utf8JsonReader reader) => Found.Add((tag, reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString()!,
            JsonTokenType.True or JsonTokenType.False => reader.GetBoolean().ToString(),
            _ => Encoding.UTF8.GetString(reader.ValueSpan),
        }));
    }
}
