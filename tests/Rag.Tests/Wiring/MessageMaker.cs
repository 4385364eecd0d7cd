using System.Collections;
using System.Reflection;
using System.Text.Json;
using Rag.Filters;

namespace Rag.Tests.Wiring;

/// <summary>Makes messages of any type from a seed: as small, as odd and as empty as their types allow.</summary>
internal sealed class MessageMaker(int seed)
{
    private static readonly string[] Texts = ["", "a", "Kürbis", "東京都", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 👩‍👩‍👧", "line\r\nline\0tab\t", "\"quoted\" \\ 'and'", new('x', 40_000)];

    private readonly Random _random = new(seed);
    private readonly NullabilityInfoContext _nullability = new();

    public T Make<T>() => (T)Make(typeof(T), null)!;

    private object? Make(Type type, NullabilityInfo? info)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return Maybe() ? null : Make(underlying, null);
        if (!type.IsValueType && info?.ReadState == NullabilityState.Nullable && Maybe())
            return null;
        if (Scalar(type) is { } scalar)
            return scalar;
        if (type == typeof(MetadataFilter))
            return Filter();
        if (type == typeof(MetadataValue))
            return Value();
        if (type == typeof(ReadOnlyMemory<byte>))
            return new ReadOnlyMemory<byte>(Bytes());
        if (type == typeof(byte[]))
            return Bytes();
        if (Dictionary(type) is { } dictionary)
            return dictionary;
        return Element(type, info) is var (element, elementInfo) && element is not null ? List(element, elementInfo) : Record(type);
    }

    private object? Scalar(Type type)
    {
        if (type.IsEnum)
            return Enum.GetValues(type).GetValue(_random.Next(Enum.GetValues(type).Length));
        if (type == typeof(string))
            return Text();
        if (type == typeof(bool))
            return Maybe();
        if (type == typeof(int))
            return Pick(0, -1, int.MinValue, int.MaxValue, _random.Next());
        if (type == typeof(long))
            return Pick(0, -1, long.MinValue, long.MaxValue, _random.NextInt64());
        if (type == typeof(double))
            return Number();
        if (type == typeof(float))
            return (float)Number();
        if (type == typeof(Guid))
            return Pick(Guid.Empty, new Guid(_random.Next(), 1, 2, 3, 4, 5, 6, 7, 8, 9, 255));
        if (type == typeof(TimeSpan))
            return Pick(TimeSpan.Zero, TimeSpan.MaxValue, TimeSpan.FromTicks(-1), TimeSpan.FromTicks(_random.NextInt64()));
        if (type == typeof(DateTimeOffset))
            return Pick(
                DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue, DateTimeOffset.MinValue,
                new DateTimeOffset(_random.NextInt64(TimeSpan.TicksPerDay, DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay), TimeSpan.FromMinutes(_random.Next(-840, 840))));
        return null;
    }

    private IDictionary? Dictionary(Type type)
    {
        if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(IReadOnlyDictionary<,>))
            return null;
        var parts = type.GetGenericArguments();
        var made = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(parts))!;
        for (var i = _random.Next(4); i > 0; i--)
            made[Make(parts[0], null)!] = Make(parts[1], null);
        return made;
    }

    private static (Type? Type, NullabilityInfo? Info) Element(Type type, NullabilityInfo? info) =>
        type.IsArray ? (type.GetElementType(), info?.ElementType)
        : type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? (type.GetGenericArguments()[0], info?.GenericTypeArguments[0])
        : (null, null);

    private Array List(Type element, NullabilityInfo? info)
    {
        var made = Array.CreateInstance(element, _random.Next(4));
        for (var i = 0; i < made.Length; i++)
            made.SetValue(Make(element, info), i);
        return made;
    }

    private object Record(Type type)
    {
        if (type.IsAbstract)
        {
            var kinds = type.Assembly.GetTypes().Where(kind => kind.IsSubclassOf(type) && !kind.IsAbstract).ToArray();
            return Record(kinds[_random.Next(kinds.Length)]);
        }

        if (type.Namespace?.StartsWith(nameof(System), StringComparison.Ordinal) == true)
            throw new NotSupportedException($"{type} is in a message: make some of it here, and see that it is compared");
        // Not the one that copies.
        var constructor = type.GetConstructors().Where(c => c.GetParameters() is not [var only] || only.ParameterType != type).MaxBy(c => c.GetParameters().Length);
        var parameters = constructor?.GetParameters() ?? [];
        var made = constructor?.Invoke([.. parameters.Select(p => Make(p.ParameterType, _nullability.Create(p)))]) ?? Activator.CreateInstance(type)!;
        if (parameters.Length == 0)
            foreach (var property in type.GetProperties().Where(p => p.CanWrite))
                property.SetValue(made, Make(property.PropertyType, _nullability.Create(property)));
        return made;
    }

    private MetadataFilter Filter()
    {
        string[] operators = ["$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin"];
        var conditions = Enumerable.Range(0, 1 + _random.Next(4)).Select(i =>
        {
            var op = operators[_random.Next(operators.Length)];
            object value = op is "$in" or "$nin" ? Enumerable.Range(0, _random.Next(3)).Select(_ => Plain()).ToArray() : Plain();
            return (Field: $"{i}{Text()}", Value: (object)new Dictionary<string, object> { [op] = value });
        });
        return MetadataFilter.Parse(JsonSerializer.SerializeToElement(conditions.ToDictionary(c => c.Field, c => c.Value)))!;

        object Plain() => _random.Next(3) switch { 0 => Text(), 1 => Pick(0.1, -0.0, 1e300, 5e-324, _random.NextDouble()), _ => Maybe() };
    }

    private MetadataValue Value() => _random.Next(4) switch { 0 => Text(), 1 => Number(), 2 => Maybe(), _ => default };

    private double Number() => Pick(0, -0.0, 0.1, double.MaxValue, double.Epsilon, double.NaN, double.NegativeInfinity, _random.NextDouble());

    private byte[] Bytes()
    {
        var bytes = new byte[_random.Next(3) * _random.Next(5000)];
        _random.NextBytes(bytes);
        return bytes;
    }

    private string Text() => Texts[_random.Next(Texts.Length)];

    private bool Maybe() => _random.Next(2) == 0;

    private T Pick<T>(params T[] from) => from[_random.Next(from.Length)];
}
