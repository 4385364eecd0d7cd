using System.CommandLine;

namespace Loadline.Cli;

/// <summary><c>loadline burn</c>: takes cores or memory for a while. Started by a run, not by people.</summary>
internal static class BurnCommand
{
    public static Command Create()
    {
        var cores = new Option<int>("--cores") { Description = "How many cores to burn." };
        var bytes = new Option<long>("--bytes") { Description = "How much memory to take." };
        var seconds = new Option<double>("--seconds") { Description = "For how long.", Required = true };
        var parent = new Option<int>("--parent") { Description = "End when the process with this id has ended.", HelpName = "PID", Required = true };
        var command = new Command("burn", "Take cores or memory for a while. A run with such a fault starts it.") { cores, bytes, seconds, parent };
        command.Hidden = true;
        command.SetAction((arguments, _) => RunAsync(arguments.GetValue(cores), arguments.GetValue(bytes), TimeSpan.FromSeconds(arguments.GetValue(seconds)), arguments.GetValue(parent)));
        return command;
    }

    private static async Task<int> RunAsync(int cores, long bytes, TimeSpan length, int parent)
    {
        using var interrupts = new Interrupts("stopping");
        using var over = CancellationTokenSource.CreateLinkedTokenSource(interrupts.Token);
        over.CancelAfter(length);
        var burners = Enumerable.Range(0, cores).Select(_ => new Thread(() => Burn(over.Token)) { IsBackground = true }).ToList();
        burners.ForEach(thread => thread.Start());
        var taken = Take(bytes);
        try
        {
            await ParentProcess.GoneAsync(parent, over.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Its time is over.
        }
        GC.KeepAlive(taken);
        await over.CancelAsync().ConfigureAwait(false);
        burners.ForEach(thread => thread.Join());
        return ExitCode.Passed;
    }

    private static void Burn(CancellationToken over)
    {
        var number = 1.0;
        while (!over.IsCancellationRequested)
            for (var i = 0; i < 10_000; i++)
                number = Math.Sqrt(number + i);
        GC.KeepAlive(number);
    }

    // Every page is written: the kernel gives none before.
    private static List<byte[]> Take(long bytes)
    {
        const int Piece = 64 << 20;
        var taken = new List<byte[]>();
        for (var left = bytes; left > 0; left -= Piece)
        {
            var piece = GC.AllocateUninitializedArray<byte>((int)Math.Min(left, Piece), pinned: true);
            for (var page = 0; page < piece.Length; page += 4096)
                piece[page] = 1;
            taken.Add(piece);
        }
        return taken;
    }
}
