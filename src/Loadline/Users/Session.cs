using Loadline.Plans;
using Loadline.Targets;

namespace Loadline.Users;

/// <summary>A user's session: how many turns are left, and what was said. Used by one user.</summary>
internal sealed class Session(Distribution? turns)
{
    // A model's context is bounded too: the oldest turns are forgotten first.
    private const int LongestHistory = 64 * 1024;

    private Queue<string>? _turns;
    private int _length;
    private int _left;

    /// <summary>Whether the next request begins a session.</summary>
    internal bool IsOver => _left == 0;

    /// <summary>The earlier turns, as <see cref="TemplateValues.Turns"/> has them.</summary>
    internal string History => _turns is null ? "" : string.Join(',', _turns);

    /// <summary>Begins a session: draws its turns and forgets what was said.</summary>
    internal void Begin(Random random)
    {
        _left = turns is null ? 1 : Math.Max(1, (int)Math.Round(turns.Sample(random)));
        _turns?.Clear();
        _length = 0;
    }

    /// <summary>A turn is over.</summary>
    internal void Turned() => _left--;

    /// <summary>Keeps a question and its answer.</summary>
    internal void Remember(string question, string answer)
    {
        var turn = TemplateValues.Message("user", question) + "," + TemplateValues.Message("assistant", answer);
        (_turns ??= []).Enqueue(turn);
        _length += turn.Length;
        while (_length > LongestHistory && _turns.Count > 1)
            _length -= _turns.Dequeue().Length;
    }
}
