namespace Rag.Filters;

/// <summary>How a condition compares.</summary>
public enum MetadataOperator
{
    /// <summary>The same value of the same kind.</summary>
    Eq,

    /// <summary>Not the same, or absent.</summary>
    Ne,

    /// <summary>Greater.</summary>
    Gt,

    /// <summary>Greater or the same.</summary>
    Gte,

    /// <summary>Less.</summary>
    Lt,

    /// <summary>Less or the same.</summary>
    Lte,

    /// <summary>One of the values.</summary>
    In,

    /// <summary>None of the values, or absent.</summary>
    Nin,
}

/// <summary>
/// One condition of a <see cref="MetadataFilter"/>. Values of different kinds are never the same and in no order; numbers are ordered as numbers, texts by
/// their UTF-16 code units, truth values not at all.
/// </summary>
/// <param name="Field">Whose value.</param>
/// <param name="Operator">How it compares.</param>
/// <param name="Values">With what: one value; any number of them for <see cref="MetadataOperator.In"/> and <see cref="MetadataOperator.Nin"/>.</param>
public sealed record MetadataCondition(string Field, MetadataOperator Operator, IReadOnlyList<MetadataValue> Values)
{
    /// <summary>Whether a document's metadata meets it.</summary>
    public bool Holds(IReadOnlyDictionary<string, MetadataValue> metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        if (!metadata.TryGetValue(Field, out var actual))
            return Operator is MetadataOperator.Ne or MetadataOperator.Nin;
        return Operator switch
        {
            MetadataOperator.Eq => actual == Values[0],
            MetadataOperator.Ne => actual != Values[0],
            MetadataOperator.In => Values.Contains(actual),
            MetadataOperator.Nin => !Values.Contains(actual),
            _ => Compare(actual, Values[0]) is { } order && Operator switch
            {
                MetadataOperator.Gt => order > 0,
                MetadataOperator.Gte => order >= 0,
                MetadataOperator.Lt => order < 0,
                _ => order <= 0,
            },
        };
    }

    private static int? Compare(MetadataValue a, MetadataValue b)
    {
        if (a.Number is { } x && b.Number is { } y)
            return x.CompareTo(y);
        return a.Text is not null && b.Text is not null ? string.CompareOrdinal(a.Text, b.Text) : null;
    }
}
