namespace Loadline.Runs;

/// <summary>The target could not be started, reached or prepared. The message is for the person who must mend it.</summary>
public sealed class TargetException(string message, Exception? inner = null) : Exception(message, inner);
