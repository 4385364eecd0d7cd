namespace Loadline.Users.Feeds;

/// <summary>Something that exactly one document says: the {attribute} of {entity} is {value}.</summary>
/// <param name="Attribute">Such as <c>founder</c>.</param>
/// <param name="Entity">The name of the thing that the document is about; no other document names it.</param>
/// <param name="Value">A number with a unit, or a name.</param>
public readonly record struct Fact(string Attribute, string Entity, string Value)
{
    private static readonly (string Name, string? Unit)[] Attributes =
    [
        ("height", "metres"), ("founder", null), ("population", "people"), ("capital", null), ("weight", "kilograms"), ("director", null),
        ("length", "kilometres"), ("neighbour", null), ("temperature", "degrees"), ("architect", null), ("age", "years"), ("supplier", null),
        ("depth", "metres"), ("inventor", null), ("capacity", "litres"), ("successor", null), ("budget", "crowns"), ("partner", null),
        ("speed", "knots"), ("keeper", null), ("area", "hectares"), ("colour", null), ("distance", "miles"), ("origin", null),
    ];

    /// <summary>The sentence in the document.</summary>
    public string Sentence => $"The {Attribute} of {Entity} is {Value}.";

    /// <summary>The question it answers.</summary>
    public string Question => $"What is the {Attribute} of {Entity}?";

    /// <summary>A thing's fact: its facts differ in attribute.</summary>
    /// <param name="entity">The thing's name.</param>
    /// <param name="seed">The document's own seed; it decides the attributes.</param>
    /// <param name="values">The seed of the values: the version's, so that a new version says something else.</param>
    /// <param name="index">Which fact, from 0; up to 24 differ.</param>
    internal static Fact Of(string entity, ulong seed, ulong values, int index)
    {
        var (name, unit) = Attributes[((seed >> 16) + ((ulong)index * 7)) % (ulong)Attributes.Length];
        var bits = SeededRandom.Mix(values, 7, (ulong)index);
        var value = unit is null ? Words.Name((int)(bits % Words.Names)) : $"{(bits % 9_990) + 10} {unit}";
        return new Fact(name, entity, value);
    }
}
