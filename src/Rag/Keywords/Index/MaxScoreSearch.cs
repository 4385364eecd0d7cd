using System.Buffers;
using System.Numerics;

namespace Rag.Keywords.Index;

/// <summary>
/// The best chunks for a weighted set of terms, exactly, without scoring all. MaxScore (Turtle and Flood, 1995) in windows of chunk
/// numbers, as Lucene's MaxScoreBulkScorer has it: terms whose bounds together can't lift a chunk over the worst result so far are not
/// walked, only asked about chunks that the other terms brought up. Test: <c>MaxScoreSearchTests</c> compares it with scoring everything.
/// </summary>
internal static class MaxScoreSearch
{
    private const int WindowSize = 4096;

    /// <summary>Finds the best.</summary>
    /// <param name="terms">Terms with their factors.</param>
    /// <param name="scoring">How a term scores.</param>
    /// <param name="state">The chunks that may be seen.</param>
    /// <param name="topK">At most how many.</param>
    /// <param name="accept">Says no to chunks that a filter excludes; null takes all.</param>
    /// <returns>Best first; of equal ones, the earlier written first.</returns>
    public static List<(int Chunk, float Score)> Find(
        List<(Postings.View List, double Factor)> terms, KeywordScoring scoring, TenantIndex.State state, int topK, Func<int, bool>? accept)
    {
        var cursors = new Cursor[terms.Count];
        for (var i = 0; i < cursors.Length; i++)
            cursors[i] = new Cursor(terms[i].List, terms[i].Factor, scoring);
        Array.Sort(cursors, (a, b) => a.Bound.CompareTo(b.Bound));

        // boundOfFirst[i]: what the i cursors with the lowest bounds can add at most; a little more, so that rounding can't hide a result.
        var boundOfFirst = new double[cursors.Length + 1];
        for (var i = 0; i < cursors.Length; i++)
            boundOfFirst[i + 1] = (boundOfFirst[i] + cursors[i].Bound) * (1 + 1e-9);

        var best = new TopChunks(topK);
        var sums = ArrayPool<double>.Shared.Rent(WindowSize);
        Array.Clear(sums, 0, WindowSize);
        Span<ulong> touched = stackalloc ulong[WindowSize / 64];
        touched.Clear();
        try
        {
            var optional = 0;
            while (true)
            {
                while (optional < cursors.Length && boundOfFirst[optional + 1] < best.Threshold)
                    optional++;
                var start = int.MaxValue;
                for (var i = optional; i < cursors.Length; i++)
                    start = Math.Min(start, cursors[i].Chunk);
                if (start == int.MaxValue)
                    return best.Drain();

                var end = (int)Math.Min((long)start + WindowSize, int.MaxValue);
                for (var i = optional; i < cursors.Length; i++)
                    cursors[i].AddUpTo(end, start, sums, touched, scoring, state.Lengths);
                Harvest(cursors.AsSpan(0, optional), boundOfFirst, start, sums, touched, scoring, state, accept, best);
            }
        }
        finally
        {
            ArrayPool<double>.Shared.Return(sums);
        }
    }

    // Takes each touched chunk of the window, asks the optional terms about it while it can still get in, and leaves the window clean.
    private static void Harvest(
        Span<Cursor> optional, double[] boundOfFirst, int start, double[] sums, Span<ulong> touched,
        KeywordScoring scoring, TenantIndex.State state, Func<int, bool>? accept, TopChunks best)
    {
        for (var word = 0; word < touched.Length; word++)
        {
            for (var bits = touched[word]; bits != 0; bits &= bits - 1)
            {
                var at = (word * 64) + BitOperations.TrailingZeroCount(bits);
                var chunk = start + at;
                var sum = sums[at];
                sums[at] = 0;
                var left = optional.Length;
                for (; left > 0 && sum + boundOfFirst[left] >= best.Threshold; left--)
                    sum += optional[left - 1].ScoreOf(chunk, scoring, state.Lengths);
                if (left == 0 && best.Admits(sum) && state.IsVisible(chunk) && (accept is null || accept(chunk)))
                    best.Add(chunk, (float)sum);
            }

            touched[word] = 0;
        }
    }

    /// <summary>A place in one term's list.</summary>
    private sealed class Cursor
    {
        private readonly Postings.View _list;
        private readonly double _factor;
        private int _at;

        public Cursor(Postings.View list, double factor, KeywordScoring scoring)
        {
            _list = list;
            _factor = factor;
            foreach (var block in list.Blocks)
                Bound = Math.Max(Bound, scoring.Score(factor, block.MaxCount, block.MinLength));
        }

        /// <summary>The most that this term can add to any chunk.</summary>
        public double Bound { get; }

        public int Chunk => _at < _list.Count ? _list.Chunks[_at] : int.MaxValue;

        public void AddUpTo(int end, int start, double[] sums, Span<ulong> touched, KeywordScoring scoring, int[] lengths)
        {
            var chunks = _list.Chunks;
            var counts = _list.Counts;
            var i = _at;

            // While it was optional, it may have stayed behind the window.
            if (i < chunks.Length && chunks[i] < start)
                i = Seek(start);
            for (; i < chunks.Length && chunks[i] < end; i++)
            {
                var at = chunks[i] - start;
                sums[at] += scoring.Score(_factor, counts[i], lengths[chunks[i]]);
                touched[at >> 6] |= 1UL << at;
            }

            _at = i;
        }

        public double ScoreOf(int chunk, KeywordScoring scoring, int[] lengths)
        {
            if (Chunk < chunk)
                _at = Seek(chunk);
            return Chunk == chunk ? scoring.Score(_factor, _list.Counts[_at], lengths[chunk]) : 0;
        }

        // First place at or after a chunk, by doubling steps and then halving them: near places are found fast.
        private int Seek(int chunk)
        {
            var chunks = _list.Chunks;
            var low = _at;
            var step = 1;
            while (low + step < chunks.Length && chunks[low + step] < chunk)
            {
                low += step;
                step *= 2;
            }

            var found = chunks[low..Math.Min(low + step + 1, chunks.Length)].BinarySearch(chunk);
            return low + (found < 0 ? ~found : found);
        }
    }

    /// <summary>The best so far; the worst of them is the bar for the next.</summary>
    private sealed class TopChunks(int topK)
    {
        private readonly PriorityQueue<(int Chunk, float Score), (float Score, int Earlier)> _queue = new();

        /// <summary>A chunk must score more than this.</summary>
        public double Threshold { get; private set; }

        // Scores are compared as they are returned, as floats: the order of summing may change a double's last bits, and equal chunks must stay equal.
        public bool Admits(double score) => (float)score > (float)Threshold;

        public void Add(int chunk, float score)
        {
            _queue.Enqueue((chunk, score), (score, -chunk));
            if (_queue.Count > topK)
                _queue.Dequeue();
            if (_queue.Count == topK)
                Threshold = _queue.Peek().Score;
        }

        public List<(int Chunk, float Score)> Drain()
        {
            var list = new List<(int, float)>(_queue.Count);
            while (_queue.TryDequeue(out var item, out _))
                list.Add(item);
            list.Reverse();
            return list;
        }
    }
}
