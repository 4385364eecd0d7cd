using Rag.Hosting;

namespace Rag.Host.Wiring;

/// <summary>What services say of each other.</summary>
internal static class DependencyGraph
{
    /// <summary>What is wrong with it: a name that is no service's, or a circle, in which no service could be ready first. Each circle is told once.</summary>
    public static IReadOnlyList<string> Problems(IReadOnlyList<ServiceModule> modules)
    {
        var byName = modules.ToDictionary(module => module.Name);
        var problems = new List<string>();
        var done = new HashSet<string>();
        foreach (var module in modules)
            Walk(module, []);
        return problems;

        void Walk(ServiceModule module, List<string> path)
        {
            if (path.IndexOf(module.Name) is >= 0 and var start)
            {
                problems.Add($"services depend on each other in a circle: {string.Join(" → ", path[start..].Append(module.Name))}");
                return;
            }

            if (done.Contains(module.Name))
                return;
            path.Add(module.Name);
            foreach (var name in module.DependsOn)
                if (byName.TryGetValue(name, out var next))
                    Walk(next, path);
                else
                    problems.Add($"{module.Name} depends on '{name}', which is no service");
            path.RemoveAt(path.Count - 1);
            done.Add(module.Name);
        }
    }
}
