namespace Loadline.Users.Feeds;

/// <summary>A document to upload.</summary>
/// <param name="Id">Its id: <c>d7</c> in the corpus, <c>u12-d3</c> of a user.</param>
/// <param name="Title">Its title: what it is about.</param>
/// <param name="Text">Its text.</param>
/// <param name="Topic">Its topic, such as <c>topic-4</c>.</param>
public sealed record GeneratedDocument(string Id, string Title, string Text, string Topic);

/// <summary>A question, and what a right answer holds.</summary>
/// <param name="Text">The question.</param>
/// <param name="Document">The number of the corpus document that answers it; null when there is no corpus.</param>
/// <param name="Value">The value the answer must name; null when there is no corpus.</param>
public readonly record struct GeneratedQuestion(string Text, int? Document, string? Value);
