using System.Text.Json.Serialization;

namespace Loadline.Faults;

/// <summary>One thing that undoes a fault, as data: whoever reads the journal can do it, also after Loadline was killed. Doing it twice does no harm.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "do")]
[JsonDerivedType(typeof(Continue), "continue")]
[JsonDerivedType(typeof(Shell), "shell")]
[JsonDerivedType(typeof(Request), "request")]
[JsonDerivedType(typeof(Delete), "delete")]
internal abstract record UndoStep
{
    /// <summary>Lets a frozen process go on.</summary>
    /// <param name="Pid">Its id.</param>
    /// <param name="Start">When it started, ticks of UTC: a later process with its id is left alone.</param>
    public sealed record Continue(int Pid, long Start) : UndoStep;

    /// <summary>Runs a command.</summary>
    /// <param name="Line">For <c>sh -c</c>.</param>
    public sealed record Shell(string Line) : UndoStep;

    /// <summary>Sends a DELETE; that nothing is there is as good.</summary>
    /// <param name="Url">Where.</param>
    /// <param name="NeedsKey">Whether it carries the target's admin key, which is in no file.</param>
    public sealed record Request(Uri Url, bool NeedsKey) : UndoStep;

    /// <summary>Deletes a file.</summary>
    /// <param name="Path">The file.</param>
    public sealed record Delete(string Path) : UndoStep;
}
