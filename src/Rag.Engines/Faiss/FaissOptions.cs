using Microsoft.Extensions.Configuration;
using Rag.Hosting;

namespace Rag.Engines.Faiss;

/// <summary>How FAISS is loaded and searched; the configuration section <c>faiss</c>.</summary>
/// <param name="Library">The path of the library that <c>eng/engines/faiss.sh install</c> builds.</param>
/// <param name="Links">Links of each vector (M), for graphs made from now on.</param>
/// <param name="InsertBreadth">Candidates looked at when a vector is inserted (efConstruction).</param>
/// <param name="SearchBreadth">Candidates kept by a search (efSearch); one for more results keeps more.</param>
public sealed record FaissOptions(string Library, int Links, int InsertBreadth, int SearchBreadth)
{
    /// <summary>The name under which the system's loader looks where no path is set.</summary>
    public const string DefaultLibrary = "libloadline_faiss.so";

    private static readonly Setting<string?> LibrarySetting = Setting.Text(
        "faiss:library", DefaultLibrary, "The path of the FAISS library, as 'eng/engines/faiss.sh library' prints it; a bare name is looked for where the system's loader looks");

    private static readonly Setting<int> LinksSetting = Setting.Whole("faiss:links", 16, 4, 64, "Links of each vector in FAISS's graph (M); more: better recall, slower inserts, more memory");

    private static readonly Setting<int> InsertSetting = Setting.Whole("faiss:insert_breadth", 80, 8, 1000, "Candidates looked at when a vector is inserted (efConstruction)");

    private static readonly Setting<int> SearchSetting = Setting.Whole("faiss:search_breadth", 64, 8, 4000, "Candidates kept by a search (efSearch)");

    /// <summary>All that is read.</summary>
    public static IReadOnlyList<Setting> Settings { get; } = [LibrarySetting, LinksSetting, InsertSetting, SearchSetting];

    /// <summary>Reads the section.</summary>
    /// <exception cref="InvalidOperationException">Values that are not permitted, all at once.</exception>
    public static FaissOptions Read(IConfiguration configuration)
    {
        var reader = new SettingsReader(configuration);
        var options = new FaissOptions(reader.Read(LibrarySetting)!, reader.Read(LinksSetting), reader.Read(InsertSetting), reader.Read(SearchSetting));
        reader.ThrowIfWrong();
        return options;
    }
}
