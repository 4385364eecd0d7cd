namespace Loadline.Faults;

/// <summary>One kind of fault, on one place. Called in this order; what was prepared is undone whatever comes afterwards.</summary>
internal interface IDisturbance
{
    /// <summary>Finds what is to be disturbed, and what will undo it; disturbs nothing.</summary>
    /// <exception cref="FaultException">There is nothing to disturb.</exception>
    Task<IReadOnlyList<UndoStep>> PrepareAsync(CancellationToken cancellationToken);

    /// <summary>Disturbs.</summary>
    /// <returns>What undoes it, where that is known better now; null where it is as prepared.</returns>
    /// <exception cref="FaultException">It could not be done.</exception>
    Task<IReadOnlyList<UndoStep>?> InjectAsync(CancellationToken cancellationToken);

    /// <summary>Keeps it up until cancelled; completes when there is nothing to be kept up.</summary>
    Task HoldAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ends what no undo step can: what lives in this process.</summary>
    Task EndAsync() => Task.CompletedTask;
}

/// <summary>A fault could not be injected or undone; the message says why and what to do.</summary>
public sealed class FaultException(string message, Exception? inner = null) : Exception(message, inner);
