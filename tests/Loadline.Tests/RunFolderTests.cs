using System.Text.Json;
using Loadline.Recording;
using Xunit;

namespace Loadline.Tests;

public class RunFolderTests
{
    [Fact]
    public void A_series_point_survives_the_file()
    {
        var point = new SeriesPoint { T = 3, Users = 7, Operations = new Dictionary<string, SeriesOperation> { ["query"] = new(1, 0, 0, 0, 0, 0.1, 0.2, 0.3) } };
        var back = JsonSerializer.Deserialize<SeriesPoint>(JsonSerializer.Serialize(point, JsonSerializerOptions.Web), JsonSerializerOptions.Web)!;
        Assert.Equal(point.Operations["query"], back.Operations["query"]);
    }
}
