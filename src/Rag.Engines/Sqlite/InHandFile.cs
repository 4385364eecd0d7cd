using System.IO.MemoryMappedFiles;

namespace Rag.Engines.Sqlite;

/// <summary>
/// Which jobs are in hand, in a small mapped file: a note costs a store to memory instead of a transaction, and the kernel keeps it when the process is
/// killed. After a power cut notes may be missing, which costs nothing: they only tell under which jobs the process died.
/// </summary>
internal sealed class InHandFile : IDisposable
{
    /// <summary>More jobs than this are never in hand in practice; those beyond go without a note.</summary>
    private const int Slots = 4_096;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly Lock _gate = new();
    private readonly Dictionary<long, int> _slots = [];
    private readonly Stack<int> _free = new();

    /// <summary>Opens the file, takes over what the process before left in it, and clears it.</summary>
    public InHandFile(string path)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, mapName: null, Slots * sizeof(long));
        _view = _file.CreateViewAccessor();
        var left = new List<long>();
        for (var slot = Slots - 1; slot >= 0; slot--)
        {
            if (_view.ReadInt64(slot * sizeof(long)) is var job and > 0)
                left.Add(job);
            _free.Push(slot);
        }

        Left = left;
    }

    /// <summary>Jobs that were in hand when the process before this one ended.</summary>
    public IReadOnlyList<long> Left { get; }

    /// <summary>Forgets <see cref="Left"/>: it has been written down elsewhere.</summary>
    public void Clear()
    {
        for (var slot = 0; slot < Slots; slot++)
            _view.Write(slot * sizeof(long), 0L);
    }

    public void Add(long job)
    {
        lock (_gate)
            if (!_slots.ContainsKey(job) && _free.TryPop(out var slot))
            {
                _slots[job] = slot;
                _view.Write(slot * sizeof(long), job);
            }
    }

    public void Remove(long job)
    {
        lock (_gate)
            if (_slots.Remove(job, out var slot))
            {
                _view.Write(slot * sizeof(long), 0L);
                _free.Push(slot);
            }
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}
