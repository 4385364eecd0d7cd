using System.Globalization;
using Rag.Filters;

namespace Rag.Engines.Metadata;

/// <summary>
/// A metadata value as a text that says its kind: <c>t:physics</c>, <c>n:2010</c>, <c>b:true</c>. Two values are the same exactly when their texts are, in every
/// database, whatever it thinks of 1, "1", 1.0 and true.
/// </summary>
internal static class TaggedValue
{
    public static string Of(MetadataValue value) =>
        value.Text is { } text ? "t:" + SafeText.Escape(text)
        : value.Number is { } number ? "n:" + (number == 0 ? 0 : number).ToString("R", CultureInfo.InvariantCulture) // −0 is 0
        : value.Flag == true ? "b:true" : "b:false";

    public static MetadataValue Read(string tagged) => tagged switch
    {
        ['t', ':', .. var rest] => SafeText.Unescape(rest),
        ['n', ':', .. var rest] => double.Parse(rest, NumberStyles.Float, CultureInfo.InvariantCulture),
        _ => tagged == "b:true",
    };
}
