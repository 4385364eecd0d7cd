using Loadline.Reports;
using Loadline.Runs;
using Xunit;

namespace Loadline.Tests.Reports;

public sealed class RunReaderTests : IDisposable
{
    private readonly string _folder = SampleRun.Write(SampleRun.Make("FAIL", seconds: 24));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Problem() => Assert.Throws<RunFolderException>(() => RunReader.Load(_folder)).Message;

    private void Change(string file, Func<string, string> change)
    {
        var path = Path.Combine(_folder, file);
        File.WriteAllText(path, change(File.ReadAllText(path)));
    }

    [Fact]
    public void What_was_written_is_read_back()
    {
        var run = RunReader.Load(_folder);
        Assert.Equal(File.ReadAllText(Path.Combine(_folder, RunFolder.Summary)), RunJson.Write(run.Summary));
        Assert.Equal(24, run.Series.Count);
        Assert.Equal(File.ReadAllLines(Path.Combine(_folder, RunFolder.Series)), run.Series.Select(RunJson.Write));
        Assert.Equal(File.ReadAllLines(Path.Combine(_folder, RunFolder.Exchanges)), run.Exchanges.Select(RunJson.Write));
        Assert.Equal([0.0, 2, 4], run.Inside.Take(3).Select(look => look.T));
        Assert.Equal(12, run.Inside.Count);
    }

    [Fact]
    public void A_run_without_probes_or_of_before_them_is_read()
    {
        File.Delete(Path.Combine(_folder, RunFolder.Inside));
        Assert.Empty(RunReader.Load(_folder).Inside);
    }

    [Fact]
    public void A_folder_that_is_not_there_is_named() =>
        Assert.Contains("there is no such folder", Assert.Throws<RunFolderException>(() => RunReader.Load(_folder + "-other")).Message);

    [Theory]
    [InlineData(RunFolder.Summary)]
    [InlineData(RunFolder.Series)]
    [InlineData(RunFolder.Exchanges)]
    public void A_missing_file_is_named_with_the_remedy(string file)
    {
        File.Delete(Path.Combine(_folder, file));
        Assert.Contains($"{file} is missing", Problem());
        Assert.Contains("Copy it whole", Problem());
    }

    [Fact]
    public void A_damaged_line_is_named_by_its_number()
    {
        Change(RunFolder.Series, text => text[..(text.Length / 2)]);
        var lines = File.ReadAllLines(Path.Combine(_folder, RunFolder.Series)).Length;
        Assert.Contains($"{RunFolder.Series}:{lines} is damaged", Problem());
    }

    [Fact]
    public void A_summary_that_is_cut_is_damaged()
    {
        Change(RunFolder.Summary, text => text[..200]);
        Assert.Contains("summary.json is damaged", Problem());
    }

    [Fact]
    public void A_summary_without_a_required_property_says_which()
    {
        Change(RunFolder.Summary, text => text.Replace("\"verdict\"", "\"veredict\""));
        Assert.Contains("'verdict'", Problem());
    }

    [Fact]
    public void A_newer_summary_is_refused_before_its_content_is_read()
    {
        Change(RunFolder.Summary, _ => """{"schemaVersion": 2, "all": "different"}""");
        Assert.Contains("'schemaVersion' is 2; this Loadline reads 1 to 1", Problem());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    public void Json_that_is_no_summary_is_said_to_be_none(string json)
    {
        Change(RunFolder.Summary, _ => json);
        Assert.Contains("'schemaVersion' is missing", Problem());
    }

    [Theory]
    [InlineData("PASS")]
    [InlineData("FAIL")]
    [InlineData("INVALID")]
    public async Task The_summary_obeys_its_published_schema(string verdict)
    {
        var schema = await NJsonSchema.JsonSchema.FromJsonAsync(File.ReadAllText(SchemaFile()));
        Assert.Empty(schema.Validate(RunJson.Write(SampleRun.Make(verdict).Summary)));
    }

    [Fact]
    public async Task The_published_schema_knows_every_property_and_refuses_others()
    {
        var schema = await NJsonSchema.JsonSchema.FromJsonAsync(File.ReadAllText(SchemaFile()));
        var json = RunJson.Write(SampleRun.Make().Summary);
        Assert.NotEmpty(schema.Validate(json.Replace("\"because\"", "\"becauze\"")));
        Assert.NotEmpty(schema.Validate(json.Replace("\"verdict\": \"PASS\"", "\"verdict\": \"FINE\"")));
        Assert.NotEmpty(schema.Validate(json.Replace("\"perSecond\"", "\"perMinute\"")));
    }

    private static string SchemaFile()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Loadline.slnx")))
            folder = folder.Parent;
        return Path.Combine(folder!.FullName, "docs", "summary.schema.json");
    }
}
