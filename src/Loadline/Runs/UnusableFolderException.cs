namespace Loadline.Runs;

/// <summary>The run folder can't be made, or holds something already. Nothing was run. The message says what to do.</summary>
public sealed class UnusableFolderException(string message, Exception? inner = null) : IOException(message, inner);
