using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Rag.Host.Serving;

/// <summary>The configuration file <c>rag.yaml</c>: sections of keys, as in <c>docs/configuration.md</c>.</summary>
internal static class SettingsFile
{
    /// <summary>What is read when no file is named.</summary>
    public const string Default = "rag.yaml";

    /// <summary>The settings of a file, each by its path.</summary>
    /// <param name="file">The file; null reads <see cref="Default"/> in the working folder where there is one.</param>
    /// <exception cref="CommandException">It isn't there, can't be read or is no mapping; the message says where.</exception>
    public static IReadOnlyDictionary<string, string?> Read(string? file)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var path = Path.GetFullPath(file ?? Default);
        if (file is null && !File.Exists(path))
            return settings;
        try
        {
            using var text = File.OpenText(path);
            var yaml = new YamlStream();
            yaml.Load(text);
            if (yaml.Documents.Count > 1)
                throw Refused(path, yaml.Documents[1].RootNode, "a second document; expected one");
            if (yaml.Documents.Count == 1)
                Add(settings, path, "", yaml.Documents[0].RootNode);
            return settings;
        }
        catch (YamlException error)
        {
            throw new CommandException(ExitCode.InvalidArguments, string.Create(CultureInfo.InvariantCulture, $"{path}:{error.Start.Line}:{error.Start.Column}: {error.Message}"), error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCode.InvalidArguments, $"the configuration file '{path}' can't be read: {error.Message}", error);
        }
    }

    private static void Add(Dictionary<string, string?> settings, string file, string path, YamlNode node)
    {
        switch (node)
        {
            case YamlMappingNode mapping:
                foreach (var (key, value) in mapping.Children)
                    Add(settings, file, path.Length == 0 ? Name(file, key) : $"{path}:{Name(file, key)}", value);
                break;
            case YamlSequenceNode list when path.Length > 0:
                // Lists are lists of words everywhere: services, addresses.
                if (list.Children.FirstOrDefault(child => child is not YamlScalarNode) is { } wrong)
                    throw Refused(file, wrong, $"{path} is no list of plain values");
                settings[path] = string.Join(path.EndsWith("urls", StringComparison.Ordinal) ? ';' : ',', list.Children.Select(child => ((YamlScalarNode)child).Value));
                break;
            case YamlScalarNode scalar when path.Length > 0:
                // Nothing after the colon, or null: as if the line were not there.
                if (scalar.Value is { Length: > 0 } and not ("null" or "~") || scalar.Style is ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted)
                    settings[path] = scalar.Value;
                break;
            case YamlScalarNode { Value: null or "" }:
                break; // an empty file
            default:
                throw Refused(file, node, "expected sections of keys, such as 'documents: { engine: postgres }'");
        }
    }

    private static string Name(string file, YamlNode key) => key is YamlScalarNode { Value: { Length: > 0 } name } ? name : throw Refused(file, key, "this key is no word");

    private static CommandException Refused(string file, YamlNode node, string what) =>
        new(ExitCode.InvalidArguments, string.Create(CultureInfo.InvariantCulture, $"{file}:{node.Start.Line}:{node.Start.Column}: {what}"));
}
