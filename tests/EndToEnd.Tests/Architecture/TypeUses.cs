using Mono.Cecil;

namespace EndToEnd.Tests.Architecture;

/// <summary>Which types of an assembly use which: read from its metadata and method bodies.</summary>
internal static class TypeUses
{
    public static IEnumerable<(TypeDefinition User, TypeReference Used)> In(string assembly)
    {
        using var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(Path.GetDirectoryName(assembly));
        var module = ModuleDefinition.ReadModule(assembly, new ReaderParameters { AssemblyResolver = resolver });
        foreach (var type in module.GetTypes())
            foreach (var used in Of(type).SelectMany(Flatten).Distinct())
                yield return (type, used);
    }

    private static IEnumerable<TypeReference?> Of(TypeDefinition type)
    {
        yield return type.BaseType;
        foreach (var implemented in type.Interfaces)
            yield return implemented.InterfaceType;
        foreach (var field in type.Fields)
            yield return field.FieldType;
        foreach (var attribute in type.CustomAttributes)
            yield return attribute.AttributeType;
        foreach (var method in type.Methods)
        {
            yield return method.ReturnType;
            foreach (var parameter in method.Parameters)
                yield return parameter.ParameterType;
            if (!method.HasBody)
                continue;
            foreach (var variable in method.Body.Variables)
                yield return variable.VariableType;
            foreach (var instruction in method.Body.Instructions)
                switch (instruction.Operand)
                {
                    case TypeReference used: yield return used; break;
                    case MemberReference member: yield return member.DeclaringType; break;
                }
        }
    }

    private static IEnumerable<TypeReference> Flatten(TypeReference? type)
    {
        if (type is null or GenericParameter)
            yield break;
        if (type is GenericInstanceType generic)
            foreach (var argument in generic.GenericArguments.SelectMany(Flatten))
                yield return argument;
        var element = type.GetElementType();
        yield return element;
    }

    /// <summary>The namespace of a type; a nested one has its outermost type's.</summary>
    public static string NamespaceOf(TypeReference type)
    {
        while (type.DeclaringType is { } outer)
            type = outer;
        return type.Namespace;
    }

    /// <summary>The second part of a namespace, which is the folder: <c>Rag.Vectors.Graph</c> → <c>Vectors</c>; null outside <paramref name="root"/>.</summary>
    public static string? FolderOf(TypeReference type, string root)
    {
        var parts = NamespaceOf(type).Split('.');
        return parts.Length > 1 && parts[0] == root ? parts[1] : null;
    }
}
