namespace Loadline.Users;

/// <summary>The target could not be made ready for the load: keys, corpus. The message says what was asked, what came back and what to do.</summary>
public sealed class TargetSetupException(string message, Exception? inner = null) : Exception(message, inner);
