using System.Text.Json;
using CsCheck;
using Loadline.Targets;
using Xunit;

namespace Loadline.Tests.Targets;

public class TemplateTests
{
    [Fact]
    public void Any_text_comes_back_from_a_json_body_inside_quotes_and_outside()
    {
        var template = Template.Compile("{\"q\": {{question}}, \"say\": \"<{{question}}> \\\" {{user}}\", \"k\": {{top_k}}, \"s\": {{stream}}}", TemplateForm.Json);
        // Lone surrogates are no text: UTF-8 can't carry them.
        Gen.String.Where(text => !text.Any(char.IsSurrogate)).Sample(text =>
        {
            using var json = JsonDocument.Parse(template.Fill(new TemplateValues { Question = text, User = "u\"1", TopK = 7, Stream = true }));
            return json.RootElement.GetProperty("q").GetString() == text
                && json.RootElement.GetProperty("say").GetString() == $"<{text}> \" u\"1"
                && json.RootElement.GetProperty("k").GetInt32() == 7
                && json.RootElement.GetProperty("s").GetBoolean();
        });
    }

    [Fact]
    public void A_path_is_percent_encoded() =>
        Assert.Equal("/d/a%2Fb%20c%3F?q=1", Template.Compile("/d/{{document.id}}?q=1", TemplateForm.Path).Fill(new TemplateValues { DocumentId = "a/b c?" }));

    [Fact]
    public void A_brace_before_a_placeholder_is_the_bodys_own() =>
        Assert.Equal("{7}", Template.Compile("{{{top_k}}}", TemplateForm.Text).Fill(new TemplateValues { TopK = 7 }));

    [Fact]
    public void An_unknown_placeholder_is_named_with_the_legal_ones() =>
        Assert.Contains("'{{qestion}}' is no placeholder; legal are question,", Assert.Throws<FormatException>(() => Template.Compile("{{qestion}}", TemplateForm.Json)).Message);

    [Fact]
    public void Variables_are_filled_once_escaped_for_where_they_stand()
    {
        var names = new VariableNames();
        foreach (var name in new[] { "text", "number" })
            names.Add(name);
        var values = new Dictionary<string, VariableValue> { ["text"] = new("a \"b\"/c"), ["number"] = new("7", IsJson: true) };
        string Bound(string source, TemplateForm form) => Template.Compile(source, form, names).Bind(values).Fill(new TemplateValues { Question = "q" });
        Assert.Equal("{\"t\": \"a \\\"b\\\"/c\", \"u\": \"<a \\\"b\\\"/c>\", \"n\": 7, \"m\": \"7\", \"q\": \"q\"}", Bound("{\"t\": {{text}}, \"u\": \"<{{text}}>\", \"n\": {{number}}, \"m\": \"{{number}}\", \"q\": {{question}}}", TemplateForm.Json));
        Assert.Equal("/a%20%22b%22%2Fc/7", Bound("/{{text}}/{{number}}", TemplateForm.Path));
        Assert.Equal("a \"b\"/c", Bound("{{text}}", TemplateForm.Text));
        Assert.True(Template.Compile("/{{text}}", TemplateForm.Path, names).Bind(values).IsConstant);
        Assert.Equal(["text"], Template.Compile("/{{text}}{{text}}", TemplateForm.Path, names).Variables);
    }

    [Theory]
    [InlineData("7", true)]
    [InlineData("-1.5e3", true)]
    [InlineData("true", true)]
    [InlineData("007", false)]
    [InlineData("1.", false)]
    [InlineData("seven", false)]
    [InlineData("", false)]
    public void What_json_takes_without_quotes_is_known(string text, bool isJson) => Assert.Equal(isJson, VariableValue.OfPlain(text).IsJson);

    [Fact]
    public void A_key_in_base64_is_basic_authentication() =>
        Assert.Equal("Basic dXNlcjpww6Rzcw==", Template.Compile("Basic {{key.base64}}", TemplateForm.Text).Fill(new TemplateValues { Key = "user:päss" }));
}
