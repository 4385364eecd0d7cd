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
}
