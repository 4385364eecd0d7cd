using System.Globalization;
using Loadline.Faults.Proxy;
using Loadline.Plans;
using Loadline.Plans.Reading;
using Loadline.Targets;

namespace Loadline.Faults;

/// <summary>What faults of a plan may be on its target, for <see cref="PlanReader"/>.</summary>
public sealed class FaultRules : IFaultRules
{
    /// <summary>The connections from Loadline to the target.</summary>
    public const string Target = "target";

    /// <summary>The connections of a target that Loadline starts to its simulated LLM.</summary>
    public const string Llm = "llm";

    private static readonly string[] OwnNames = ["rag", "rag up", "llm", "loadline"];

    /// <inheritdoc/>
    public IEnumerable<FaultMistake> Check(PlanFault fault, string target, bool hasLlm) => fault.Kind switch
    {
        FaultKind.Kill or FaultKind.Stop or FaultKind.Freeze => OfProcesses(fault, OwnTarget.Find(target), target),
        FaultKind.Toxic => OfToxics(fault, OwnTarget.Find(target), hasLlm),
        _ => [],
    };

    private static IEnumerable<FaultMistake> OfProcesses(PlanFault fault, OwnTarget? own, string target)
    {
        var key = fault.Kind.ToString().ToLowerInvariant();
        var parts = own is null ? KnownTargets.PartsOf(target) : null;
        if (ProcessPlace.Read(parts?.GetValueOrDefault(fault.Where) ?? fault.Where, out var why) is not { } place)
            yield return new(key, fault.Where, why!, $"write, for example, {key}: embedding, or {key}: container:rag");
        else if (place.Kind == "pod" && fault.Kind == FaultKind.Freeze)
            yield return new(key, fault.Where, "is a pod, and Kubernetes can't freeze one", "kill or stop it");
        else if (place.Kind.Length == 0 && own is null)
        {
            // Of an unknown target it is that which is wrong.
            if (parts is not null)
                yield return new(
                    key, fault.Where, parts.Count == 0 ? "is a part's name, and the target's profile doesn't say where its parts run" : $"is no part that the target's profile names, which are {string.Join(", ", parts.Keys)}",
                    $"write in the profile, for example, parts: {{ {place.Name}: container:my-{place.Name} }}; or here {string.Join(", ", ProcessPlace.Kinds.Select(kind => kind + ":"))} and what to strike");
        }
        else if (place.Kind.Length == 0 && fault.Kind != FaultKind.Freeze && OwnNames.Contains(place.Name))
            yield return new(key, fault.Where, "would end the run: nobody starts that process again", own == OwnTarget.Services ? $"name a service, such as {key}: embedding, or freeze it" : $"run with --target services and name a service, such as {key}: embedding; or freeze it");
        else if (place.Kind.Length == 0 && own is not null && own != OwnTarget.Services && !OwnNames.Contains(place.Name))
            yield return new(key, fault.Where, $"has no process of its own in the target '{own.Name}', which runs in one", "run with --target services, or inject the fault at the service's door: inject: " + place.Name);
    }

    private static IEnumerable<FaultMistake> OfToxics(PlanFault fault, OwnTarget? own, bool hasLlm)
    {
        if (ToxicKinds.Find(fault.Toxic!) is not { } kind)
        {
            yield return new("toxic", fault.Toxic, "is not a toxic", Nearest.Advice(fault.Toxic!, [.. ToxicKinds.All.Select(each => each.Name)], "toxics"));
            yield break;
        }
        foreach (var (name, value) in fault.With)
            if (kind.AllAttributes.FirstOrDefault(each => each.Name == name) is not { } attribute)
                yield return new("with", name, $"is not an attribute of the toxic '{kind.Name}'", Nearest.Advice(name, [.. kind.AllAttributes.Select(each => each.Name)], "attributes"));
            else if (!long.TryParse(value, CultureInfo.InvariantCulture, out var number) || number < attribute.Least || number > attribute.Most)
                yield return new("with", $"{name}: {value}", $"must be a whole number from {attribute.Least} to {attribute.Most}{(attribute.Unit.Length > 0 ? $" ({attribute.Unit})" : "")}", $"write, for example, {{ {name}: {Math.Max(1, attribute.Default)} }}");
        if (kind.Unanswers && (fault.Share < 1 || fault.With.ContainsKey("first")))
            yield return new("toxic", kind.Name, "meets all connections, since none is known before it is answered", "leave out 'share' and 'first', or write toxic: hang, which answers");
        if (fault.Where == Target || (Uri.TryCreate(fault.Where, UriKind.Absolute, out var proxy) && proxy.Scheme is "http" or "https"))
            yield break;
        if (fault.Where != Llm)
            yield return new("on", fault.Where, "is neither 'target' nor 'llm' nor the address of a proxy", "write, for example, http://127.0.0.1:8474/proxies/postgres");
        else if (own is null)
            yield return new("on", fault.Where, "is the LLM of a target that Loadline starts, and this target runs already", "put a proxy before its LLM (loadline proxy) and write the proxy's address: http://127.0.0.1:8474/proxies/llm");
        else if (!hasLlm)
            yield return new("on", fault.Where, "is the simulated LLM, and this plan has none", "add an 'llm:' section");
    }
}
