using System.Collections;
using Rag.Filters;

namespace Rag.Tests.Wiring;

/// <summary>Whether two messages are the same to the last bit, whatever their lists are made of.</summary>
internal static class Same
{
    /// <returns>Where they differ; null when they don't.</returns>
    public static string? Difference(object? a, object? b, string path = "$")
    {
        if (a is null || b is null)
            return a is null && b is null ? null : $"{path}: {a ?? "null"} and {b ?? "null"}";
        switch (a, b)
        {
            case (DateTimeOffset x, DateTimeOffset y):
                return x.EqualsExact(y) ? null : $"{path}: {x:O} and {y:O}";
            case (double x, double y):
                return BitConverter.DoubleToInt64Bits(x) == BitConverter.DoubleToInt64Bits(y) ? null : $"{path}: {x:R} and {y:R}";
            case (float x, float y):
                return BitConverter.SingleToInt32Bits(x) == BitConverter.SingleToInt32Bits(y) ? null : $"{path}: {x:R} and {y:R}";
            case (MetadataFilter x, MetadataFilter y):
                return x.Canonical == y.Canonical && x.Count == y.Count ? null : $"{path}: {x.Canonical} and {y.Canonical}";
            case (ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y):
                return x.Span.SequenceEqual(y.Span) ? null : $"{path}: other bytes";
            case (IDictionary x, IDictionary y):
                return x.Count != y.Count ? $"{path}: {x.Count} and {y.Count} entries"
                    : x.Keys.Cast<object>().Select(key => Difference(x[key], y.Contains(key) ? y[key] : null, $"{path}[{key}]")).FirstOrDefault(d => d is not null);
            case (IEnumerable x, IEnumerable y) when a is not string:
                var (left, right) = (x.Cast<object?>().ToList(), y.Cast<object?>().ToList());
                return left.Count != right.Count ? $"{path}: {left.Count} and {right.Count} items"
                    : left.Select((item, i) => Difference(item, right[i], $"{path}[{i}]")).FirstOrDefault(d => d is not null);
        }

        if (a is Enum || a.GetType().Namespace == nameof(System))
            return a.Equals(b) ? null : $"{path}: {a} and {b}";
        if (a.GetType() != b.GetType())
            return $"{path}: {a.GetType().Name} and {b.GetType().Name}";
        return a.GetType().GetProperties().Where(p => p.GetIndexParameters().Length == 0)
            .Select(p => Difference(p.GetValue(a), p.GetValue(b), $"{path}.{p.Name}")).FirstOrDefault(d => d is not null);
    }
}
