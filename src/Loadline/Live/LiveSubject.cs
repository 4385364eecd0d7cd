using Loadline.Runs;

namespace Loadline.Live;

/// <summary>The run that a live page shows.</summary>
/// <param name="Folder">The run folder; it need not be there yet.</param>
/// <param name="Control">What may be done to the run; null for its faults alone.</param>
/// <param name="Part">Which of several it is, such as <c>run 3 of 16 of validation</c>; null of a run by itself.</param>
/// <param name="IsLast">Whether nothing comes after it: then a page that has heard of its end is told no more.</param>
public sealed record LiveSubject(string Folder, RunControl? Control, string? Part = null, bool IsLast = true);
