namespace Loadline.Targets;

/// <summary>A value that may be secret: in the profile itself, or in the environment or a file and read only when it is needed. Never written to a run folder.</summary>
public abstract record Secret
{
    /// <summary>In the profile: no secret.</summary>
    public sealed record Plain(string Value) : Secret;

    /// <summary>In an environment variable.</summary>
    public sealed record Environment(string Variable) : Secret;

    /// <summary>In a file, without the white space around it.</summary>
    public sealed record File(string Path) : Secret;

    /// <summary>Reads it.</summary>
    /// <param name="where">The profile's key, for messages.</param>
    /// <exception cref="TransportException">It isn't there.</exception>
    public string Read(string where)
    {
        switch (this)
        {
            case Environment(var variable):
                return System.Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
                    ? value : throw new TransportException($"{where}: environment variable {variable} is empty; set it to the value");
            case File(var path):
                try
                {
                    return System.IO.File.ReadAllText(path).Trim();
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    throw new TransportException($"{where}: the file '{path}' can't be read: {e.Message.TrimEnd('.')}; write the value into it", e);
                }
            default:
                return ((Plain)this).Value;
        }
    }

    /// <summary>Says where it is, not what it is.</summary>
    public sealed override string ToString() => this switch
    {
        Environment(var variable) => $"env {variable}",
        File(var path) => $"file {path}",
        _ => "in the profile",
    };
}

/// <summary>What a profile says of its transport can't be had: a certificate, a secret. The message says where, what and the remedy.</summary>
public sealed class TransportException(string message, Exception? inner = null) : Exception(message, inner);
