namespace Loadline.Users;

/// <summary>
/// Which documents a user has. Uploads fill its places in turn; past them the oldest is replaced by its next version. A document that is being watched is passed
/// over while another can be replaced: a watch that followed the next version would measure the wrong one. Used by one user; watches end on other threads.
/// </summary>
internal sealed class UserDocuments(int most)
{
    private int[] _versions = [];
    private bool[] _watched = [];
    private int _next;

    /// <summary>The id of the last document that the target accepted; null before.</summary>
    internal string? LastAccepted { get; set; }

    /// <summary>Chooses the place for the next upload.</summary>
    internal (int Slot, int Version) Take()
    {
        if (_versions.Length == 0)
            (_versions, _watched) = (new int[most], new bool[most]);
        var slot = _next;
        for (var i = 0; i < most; i++)
        {
            var candidate = (_next + i) % most;
            if (!Volatile.Read(ref _watched[candidate]))
            {
                slot = candidate;
                break;
            }
        }
        _next = (slot + 1) % most;
        return (slot, ++_versions[slot]);
    }

    internal void Watching(int slot, bool watched) => Volatile.Write(ref _watched[slot], watched);
}
