using Mono.Cecil;
using Mono.Cecil.Cil;

namespace EPortal.Tests;

/// <summary>One type of an assembly uses something: a type, or a member as <c>TYPE::MEMBER</c>.</summary>
internal sealed record TypeUse(string From, string Of)
{
    public override string ToString() => $"{From} uses {Of}";
}

/// <summary>
/// Reads from an assembly's IL which type uses what: signatures, fields, attributes and every instruction. What the
/// compiler makes of lambdas, iterators and async methods counts as the type they are written in.
/// </summary>
internal static class TypeUses
{
    /// <summary>All uses in an assembly, without those of a type by itself.</summary>
    public static IReadOnlyList<TypeUse> Of(System.Reflection.Assembly assembly)
    {
        using var module = ModuleDefinition.ReadModule(assembly.Location);
        return
        [
            .. module.Types.SelectMany(outer =>
                WithNested(outer)
                    .SelectMany(Mentioned)
                    .Distinct()
                    .Where(of => of != outer.FullName)
                    .Select(of => new TypeUse(outer.FullName, of))
            ),
        ];
    }

    private static IEnumerable<TypeDefinition> WithNested(TypeDefinition type) =>
        type.NestedTypes.SelectMany(WithNested).Prepend(type);

    private static IEnumerable<string> Mentioned(TypeDefinition type)
    {
        IEnumerable<TypeReference?> signature =
        [
            type.BaseType,
            .. type.Interfaces.Select(i => i.InterfaceType),
            .. type.CustomAttributes.Select(a => a.AttributeType),
            .. type.Fields.Select(f => f.FieldType),
            .. type.Properties.Select(p => p.PropertyType),
            .. type.GenericParameters.SelectMany(g => g.Constraints).Select(c => c.ConstraintType),
        ];
        return signature.SelectMany(Names).Concat(type.Methods.SelectMany(Mentioned));
    }

    private static IEnumerable<string> Mentioned(MethodDefinition method)
    {
        var signature = method
            .Parameters.Select(p => p.ParameterType)
            .Append(method.ReturnType)
            .Concat(method.CustomAttributes.Select(a => a.AttributeType))
            .SelectMany(Names);
        return method.HasBody
            ? signature
                .Concat(method.Body.Variables.SelectMany(v => Names(v.VariableType)))
                .Concat(method.Body.Instructions.SelectMany(Mentioned))
            : signature;
    }

    private static IEnumerable<string> Mentioned(Instruction instruction) =>
        instruction.Operand switch
        {
            MethodReference called =>
            [
                .. Names(called.DeclaringType),
                .. Names(called.ReturnType),
                .. called.Parameters.SelectMany(p => Names(p.ParameterType)),
                .. called is GenericInstanceMethod generic ? generic.GenericArguments.SelectMany(Names) : [],
                $"{Outer(called.DeclaringType)}::{called.Name}",
            ],
            FieldReference field => Names(field.DeclaringType).Concat(Names(field.FieldType)),
            TypeReference type => Names(type),
            _ => [],
        };

    /// <summary>The names of a type and its arguments, each as the outermost type it stands in.</summary>
    private static IEnumerable<string> Names(TypeReference? type) =>
        type switch
        {
            null or GenericParameter => [],
            GenericInstanceType generic => generic.GenericArguments.SelectMany(Names).Append(Outer(generic)),
            TypeSpecification of => Names(of.ElementType),
            _ => [Outer(type)],
        };

    private static string Outer(TypeReference type)
    {
        var outer = type.GetElementType();
        while (outer.DeclaringType is { } declaring)
            outer = declaring;
        return outer.FullName;
    }
}
