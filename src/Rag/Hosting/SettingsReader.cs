using Microsoft.Extensions.Configuration;

namespace Rag.Hosting;

/// <summary>Reads a section's values, each with its rule, and reports all that are wrong together.</summary>
public sealed class SettingsReader(IConfiguration configuration)
{
    private readonly List<string> _problems = [];

    /// <summary>A declared value; its default where the configuration says nothing, or nothing between the quotes.</summary>
    public T Read<T>(Setting<T> setting)
    {
        ArgumentNullException.ThrowIfNull(setting);
        if (configuration[setting.Path] is not { Length: > 0 } text)
            return setting.Default;
        return setting.TryRead(text, out var value) ? value : Wrong(setting.Path, setting.Secret ? "…" : text, setting.Rule, setting.Default);
    }

    /// <summary>Notes a problem that no single value shows.</summary>
    public void Refuse(string problem) => _problems.Add(problem);

    /// <summary>Call after the last value.</summary>
    /// <exception cref="InvalidOperationException">Some value was not permitted; the message names each path, the value and the rule.</exception>
    public void ThrowIfWrong()
    {
        if (_problems.Count > 0)
            throw new InvalidOperationException(string.Join(Environment.NewLine, _problems));
    }

    private T Wrong<T>(string path, string text, string expected, T fallback)
    {
        _problems.Add($"{path}: '{text}' is not permitted; expected {expected}");
        return fallback;
    }
}
