namespace Rag.Seams;

/// <summary>
/// Allows extra attempts as a share of calls: each call puts its share in, each extra attempt takes a whole one out. An outage multiplies the load by no more than
/// one plus the share, however many calls fail.
/// </summary>
/// <param name="percent">Extra attempts per hundred calls; 0 allows none.</param>
internal sealed class Budget(int percent)
{
    private const int Whole = 100;

    // Enough for a blip at a low rate, too little to matter at a high one.
    private const int AtStart = 3 * Whole;
    private const int Most = 10 * Whole;

    private int _balance = percent == 0 ? 0 : AtStart;

    /// <summary>Counts a call.</summary>
    public void Earn()
    {
        // A full one, the usual case, is only read.
        if (Volatile.Read(ref _balance) < Most)
            Interlocked.Add(ref _balance, percent);
    }

    /// <summary>Takes one extra attempt, if there is one.</summary>
    public bool TrySpend()
    {
        if (Interlocked.Add(ref _balance, -Whole) >= 0)
            return true;
        Interlocked.Add(ref _balance, Whole);
        return false;
    }
}
