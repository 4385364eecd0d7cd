namespace Loadline.Targets;

/// <summary>Reads <c>variables:</c> (values that stand in the profile) and <c>secrets:</c> (<c>{ env: NAME }</c> or <c>{ file: PATH }</c>, never a value).</summary>
internal static class VariableReader
{
    private const string NameRemedy = "write letters, digits and underscores, beginning with a letter, and none of the placeholders' names";

    internal static IReadOnlyDictionary<string, VariableSource> Read(ProfileSection? variables, ProfileSection? secrets)
    {
        var sources = new Dictionary<string, VariableSource>(StringComparer.Ordinal);
        foreach (var name in variables?.Keys().ToList() ?? [])
        {
            // An empty text is a value too.
            if (variables!.Text(name) is { } text)
                Add(variables, name, new VariableSource.Literal(variables.IsPlain(name) ? VariableValue.OfPlain(text) : new VariableValue(text)), sources);
            else if (variables.Find(name) is null)
                Add(variables, name, new VariableSource.Literal(new VariableValue("")), sources);
        }
        foreach (var (name, section) in secrets?.Sections() ?? [])
        {
            if (section is null)
                continue;
            var (variable, file) = (section.Text("env"), section.Text("file"));
            section.RejectUnknown();
            if ((variable is null) == (file is null))
                section.Problem(section.Line, "env", null, "must come from exactly one place", "write { env: NAME } or { file: PATH }");
            else
                Add(secrets!, name, variable is not null ? new VariableSource.Environment(variable) : new VariableSource.File(file!), sources);
        }
        return sources;
    }

    private static void Add(ProfileSection section, string name, VariableSource source, Dictionary<string, VariableSource> sources)
    {
        if (!VariableNames.IsName(name))
            section.Problem(section.LineOf(name), name, null, "is no variable's name", NameRemedy);
        else if (!section.Names.Add(name))
            section.Problem(section.LineOf(name), name, null, "is a variable already", "choose another name");
        else
            sources[name] = source;
    }
}
