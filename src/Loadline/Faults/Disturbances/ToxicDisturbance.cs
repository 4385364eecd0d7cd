using System.Globalization;
using Loadline.Faults.Proxy;
using Loadline.Plans;

namespace Loadline.Faults.Disturbances;

/// <summary>A toxic on connections through a proxy of this process: those to the target, or the target's to its simulated LLM.</summary>
internal sealed class ToxicDisturbance(PlanFault fault, string id, FaultGround ground) : IDisturbance
{
    private readonly ToxicProxy? _proxy = fault.Where == FaultRules.Llm ? ground.Llm : ground.Target;
    private bool _added;

    /// <summary>The toxic that a fault describes.</summary>
    /// <exception cref="FormatException">A value of <c>with</c> is no whole number.</exception>
    public static Toxic Of(PlanFault fault, string id) => new(fault.Toxic!)
    {
        Name = id,
        Stream = fault.Stream == FaultStream.Upstream ? ToxicStream.Upstream : ToxicStream.Downstream,
        Toxicity = fault.Share,
        Attributes = fault.With.ToDictionary(each => each.Key, each => long.Parse(each.Value, CultureInfo.InvariantCulture)),
    };

    /// <inheritdoc/>
    public Task<IReadOnlyList<UndoStep>> PrepareAsync(CancellationToken cancellationToken) => _proxy is null
        ? throw new FaultException($"there is no proxy before '{fault.Where}'")
        : Task.FromResult<IReadOnlyList<UndoStep>>([]); // the proxy ends with this process

    /// <inheritdoc/>
    public Task<IReadOnlyList<UndoStep>?> InjectAsync(CancellationToken cancellationToken)
    {
        try
        {
            _proxy!.Add(Of(fault, id));
            _added = true;
            return Task.FromResult<IReadOnlyList<UndoStep>?>(null);
        }
        catch (ToxicException problem)
        {
            throw new FaultException(problem.Message, problem);
        }
    }

    /// <inheritdoc/>
    public Task EndAsync()
    {
        if (_added)
            _proxy!.Remove(id);
        return Task.CompletedTask;
    }
}
