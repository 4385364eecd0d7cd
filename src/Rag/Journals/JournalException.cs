namespace Rag.Journals;

/// <summary>A journal's files can't be read or written; the message names the file, the offset, what is wrong and the remedy.</summary>
/// <param name="message">Where, what, the remedy.</param>
/// <param name="inner">The cause.</param>
public sealed class JournalException(string message, Exception? inner = null) : IOException(message, inner);
