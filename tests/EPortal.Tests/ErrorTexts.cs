using Mono.Cecil;
using Mono.Cecil.Cil;

namespace EPortal.Tests;

/// <summary>
/// A text that becomes the message of an error, as far as it is known before the program runs: how it begins and how it
/// ends.
/// </summary>
/// <param name="Where">The method.</param>
/// <param name="Begin">Its first characters; empty where a value comes first.</param>
/// <param name="End">Its last characters; empty where a value comes last.</param>
internal sealed record ErrorText(string Where, string Begin, string End)
{
    public override string ToString() => $"{Where}: {Begin}{(Begin == End ? "" : $" … {End}")}";
}

/// <summary>
/// Reads from IL the texts that become messages: those given to constructors of our exceptions and to what else tells
/// people of errors, through interpolation, concatenation, conditions, variables, and methods that hand on a parameter
/// or give a text back.
/// </summary>
internal sealed class ErrorTexts
{
    private static readonly string[] s_tellers =
    [
        "SettingsProblem",
        "Finding",
        "ApiErrors",
        "ErrorPages",
        "CheckReport",
    ];

    private readonly HashSet<string> _exceptions = [];
    private readonly Dictionary<string, HashSet<int>> _sinks = [];
    private readonly Dictionary<string, HashSet<Part>> _returned = [];
    private readonly HashSet<ErrorText> _found = [];

    private ErrorTexts() { }

    /// <summary>A text as far as it is known; a null is a value, a parameter is one of the method's own.</summary>
    private sealed record Part(string? Begin, string? End, int Parameter = -1);

    /// <summary>Texts that a place of the stack may hold, or the variable that it is the address of.</summary>
    private sealed record Place(IReadOnlySet<Part> Texts, VariableDefinition? AddressOf = null)
    {
        public static readonly Place Unknown = new(new HashSet<Part> { new(null, null) });
    }

    /// <summary>All texts in some assemblies.</summary>
    public static IReadOnlyList<ErrorText> Of(params IReadOnlyList<System.Reflection.Assembly> assemblies)
    {
        var modules = assemblies.Select(assembly => ModuleDefinition.ReadModule(assembly.Location)).ToList();
        try
        {
            var types = modules.SelectMany(module => module.GetTypes()).ToList();
            var methods = types.SelectMany(type => type.Methods).Where(method => method.HasBody).ToList();
            var texts = new ErrorTexts();
            foreach (var type in types.Where(IsException))
                texts._exceptions.Add(type.FullName);
            // What a method hands on, or gives back, may come from another one.
            for (var round = 0; round < 3; round++)
            {
                texts._found.Clear();
                foreach (var method in methods)
                    texts.Read(method);
            }

            return [.. texts._found.OrderBy(text => text.ToString(), StringComparer.Ordinal)];
        }
        finally
        {
            modules.ForEach(module => module.Dispose());
        }
    }

    private static bool IsException(TypeDefinition type)
    {
        for (var current = type; current is not null; current = current.BaseType?.Resolve())
        {
            if (current.FullName == "System.Exception")
                return true;
        }

        return false;
    }

    private void Read(MethodDefinition method)
    {
        var stack = new List<Place>();
        var waiting = new Dictionary<Instruction, List<Place>>();
        var variables = new Dictionary<VariableDefinition, HashSet<Part>>();
        var handlers = new Dictionary<VariableDefinition, (string? Begin, string? End, bool IsEmpty)>();
        foreach (
            var handler in method.Body.ExceptionHandlers.Where(handler =>
                handler.HandlerType is ExceptionHandlerType.Catch or ExceptionHandlerType.Filter
            )
        )
            waiting[handler.HandlerStart] = [Place.Unknown];
        foreach (var handler in method.Body.ExceptionHandlers.Where(handler => handler.FilterStart is not null))
            waiting[handler.FilterStart] = [Place.Unknown];
        var isReached = true;
        foreach (var instruction in method.Body.Instructions)
        {
            if (waiting.TryGetValue(instruction, out var saved))
                stack = isReached ? Merge(stack, saved) : [.. saved];
            else if (!isReached)
                stack = [];
            isReached = Step(method, instruction, stack, variables, handlers);
            foreach (var target in Targets(instruction))
                waiting[target] = waiting.TryGetValue(target, out var other) ? Merge(stack, other) : [.. stack];
        }
    }

    private static IEnumerable<Instruction> Targets(Instruction instruction) =>
        instruction.Operand switch
        {
            Instruction target => [target],
            Instruction[] targets => targets,
            _ => [],
        };

    private static List<Place> Merge(List<Place> one, List<Place> other) =>
        [.. one.Zip(other, (a, b) => a == b ? a : new Place(a.Texts.Concat(b.Texts).ToHashSet(), a.AddressOf))];

    /// <summary>Does one instruction; whether the next one follows it.</summary>
    private bool Step(
        MethodDefinition method,
        Instruction instruction,
        List<Place> stack,
        Dictionary<VariableDefinition, HashSet<Part>> variables,
        Dictionary<VariableDefinition, (string? Begin, string? End, bool IsEmpty)> handlers
    )
    {
        var code = instruction.OpCode.Code;
        if (instruction.OpCode == OpCodes.Ldstr)
            stack.Add(Text((string)instruction.Operand));
        else if (code is Code.Ldloca or Code.Ldloca_S)
            stack.Add(Place.Unknown with { AddressOf = (VariableDefinition)instruction.Operand });
        else if (
            VariableOrNull(method, instruction) is { } variable
            && instruction.OpCode.StackBehaviourPop == StackBehaviour.Pop0
        )
            stack.Add(variables.TryGetValue(variable, out var kept) ? new Place(kept) : Place.Unknown);
        else if (VariableOrNull(method, instruction) is { } stored)
            Keep(variables, stored, Pop(stack, 1)[0].Texts);
        else if (ParameterOrNull(method, instruction) is { } parameter)
            stack.Add(new Place(new HashSet<Part> { new(null, null, parameter) }));
        else if (code == Code.Dup)
            stack.Add(stack.Count > 0 ? stack[^1] : Place.Unknown);
        else if (instruction.Operand is MethodReference called && code is Code.Call or Code.Callvirt or Code.Newobj)
            Call(method, (MethodReference)instruction.Operand, code == Code.Newobj, stack, handlers);
        else if (code == Code.Ret)
            Return(method, stack);
        else
            Other(instruction, stack);
        return instruction.OpCode.FlowControl is not (FlowControl.Branch or FlowControl.Return or FlowControl.Throw);
    }

    private void Call(
        MethodDefinition method,
        MethodReference called,
        bool isNew,
        List<Place> stack,
        Dictionary<VariableDefinition, (string? Begin, string? End, bool IsEmpty)> handlers
    )
    {
        var hasThis = called.HasThis && !isNew;
        var given = Pop(stack, called.Parameters.Count + (hasThis ? 1 : 0));
        var arguments = given[(hasThis ? 1 : 0)..];
        var type = called.DeclaringType.GetElementType().FullName;
        if (
            type == "System.Runtime.CompilerServices.DefaultInterpolatedStringHandler"
            && given.Count > 0
            && given[0].AddressOf is { } handler
        )
        {
            Interpolate(called.Name, handler, arguments, handlers);
            if (called.Name == "ToStringAndClear")
            {
                var (begin, end, _) = handlers.GetValueOrDefault(handler);
                stack.Add(new Place(new HashSet<Part> { new(begin, end) }));
            }
            else if (called.ReturnType.FullName != "System.Void")
            {
                stack.Add(Place.Unknown);
            }

            return;
        }

        foreach (var index in Sinks(called, isNew))
            Found(method, arguments[index]);
        if (isNew)
            stack.Add(Place.Unknown);
        else if (called.ReturnType.FullName != "System.Void")
            stack.Add(Result(called, type, arguments));
    }

    private static void Interpolate(
        string name,
        VariableDefinition handler,
        IReadOnlyList<Place> arguments,
        Dictionary<VariableDefinition, (string? Begin, string? End, bool IsEmpty)> handlers
    )
    {
        var (begin, _, isEmpty) = handlers.GetValueOrDefault(handler, (null, null, true));
        if (name == ".ctor")
            handlers[handler] = (null, null, true);
        else if (
            name == "AppendLiteral"
            && arguments[0].Texts.Count == 1
            && arguments[0].Texts.First().End is { } literal
        )
            handlers[handler] = (isEmpty ? literal : begin, literal, false);
        else if (name.StartsWith("Append", StringComparison.Ordinal))
            handlers[handler] = (isEmpty ? null : begin, null, false);
    }

    private IEnumerable<int> Sinks(MethodReference called, bool isNew)
    {
        var type = called.DeclaringType.GetElementType();
        if (called.Name == "AddError" && type.Name == "SymbolResult")
            return [0];
        if (isNew && _exceptions.Contains(type.FullName))
            return Named(called);
        if (!isNew && s_tellers.Contains(type.Name) && called.ReturnType.FullName != "System.String")
            return Named(called);
        return _sinks.TryGetValue(called.GetElementMethod().FullName, out var handed) ? handed : [];
    }

    private static IEnumerable<int> Named(MethodReference called) =>
        called
            .Resolve()
            ?.Parameters.Where(parameter =>
                parameter.Name is "message" or "sentence" && parameter.ParameterType.FullName == "System.String"
            )
            .Select(parameter => parameter.Index)
        ?? [];

    private Place Result(MethodReference called, string type, IReadOnlyList<Place> arguments)
    {
        if (
            type == "System.String"
            && called.Name == "Concat"
            && arguments.Count > 0
            && called.Parameters.All(parameter => parameter.ParameterType.FullName == "System.String")
        )
        {
            return new Place(
                arguments[0]
                    .Texts.SelectMany(first => arguments[^1].Texts.Select(last => new Part(first.Begin, last.End)))
                    .ToHashSet()
            );
        }

        return _returned.TryGetValue(called.GetElementMethod().FullName, out var known)
            ? new Place(known)
            : Place.Unknown;
    }

    private void Found(MethodDefinition method, Place place)
    {
        foreach (var part in place.Texts)
        {
            if (part.Parameter >= 0)
                Add(_sinks, method.FullName, part.Parameter);
            if (part.Begin is not null || part.End is not null)
                _found.Add(new ErrorText(method.FullName, part.Begin ?? "", part.End ?? ""));
        }
    }

    private void Return(MethodDefinition method, List<Place> stack)
    {
        if (method.ReturnType.FullName != "System.String" || stack.Count == 0)
            return;
        foreach (var part in stack[^1].Texts)
            Add(_returned, method.FullName, part with { Parameter = -1 });
    }

    private static void Add<T>(Dictionary<string, HashSet<T>> sets, string key, T value)
    {
        if (!sets.TryGetValue(key, out var set))
            sets[key] = set = [];
        set.Add(value);
    }

    private static void Keep(
        Dictionary<VariableDefinition, HashSet<Part>> variables,
        VariableDefinition variable,
        IReadOnlySet<Part> texts
    )
    {
        if (variables.TryGetValue(variable, out var kept))
            kept.UnionWith(texts);
        else
            variables[variable] = [.. texts];
    }

    private static Place Text(string text) => new(new HashSet<Part> { new(text, text) });

    private static List<Place> Pop(List<Place> stack, int count)
    {
        var missing = Math.Max(count - stack.Count, 0);
        var places = Enumerable.Repeat(Place.Unknown, missing).Concat(stack.TakeLast(count - missing)).ToList();
        stack.RemoveRange(stack.Count - (count - missing), count - missing);
        return places;
    }

    private static VariableDefinition? VariableOrNull(MethodDefinition method, Instruction instruction) =>
        instruction.OpCode.Code switch
        {
            Code.Ldloc_0 or Code.Stloc_0 => method.Body.Variables[0],
            Code.Ldloc_1 or Code.Stloc_1 => method.Body.Variables[1],
            Code.Ldloc_2 or Code.Stloc_2 => method.Body.Variables[2],
            Code.Ldloc_3 or Code.Stloc_3 => method.Body.Variables[3],
            Code.Ldloc or Code.Ldloc_S or Code.Stloc or Code.Stloc_S => (VariableDefinition)instruction.Operand,
            _ => null,
        };

    /// <summary>Which parameter is loaded, without <c>this</c>.</summary>
    private static int? ParameterOrNull(MethodDefinition method, Instruction instruction)
    {
        var index = instruction.OpCode.Code switch
        {
            Code.Ldarg_0 => 0,
            Code.Ldarg_1 => 1,
            Code.Ldarg_2 => 2,
            Code.Ldarg_3 => 3,
            Code.Ldarg or Code.Ldarg_S => ((ParameterDefinition)instruction.Operand).Index + (method.HasThis ? 1 : 0),
            _ => -1,
        };
        return index < 0 ? null
            : method.HasThis ? index - 1
            : index;
    }

    private static void Other(Instruction instruction, List<Place> stack)
    {
        var pops = instruction.OpCode.StackBehaviourPop switch
        {
            StackBehaviour.Pop0 => 0,
            StackBehaviour.Pop1 or StackBehaviour.Popi or StackBehaviour.Popref => 1,
            StackBehaviour.Pop1_pop1
            or StackBehaviour.Popi_pop1
            or StackBehaviour.Popi_popi
            or StackBehaviour.Popi_popi8
            or StackBehaviour.Popi_popr4
            or StackBehaviour.Popi_popr8
            or StackBehaviour.Popref_pop1
            or StackBehaviour.Popref_popi => 2,
            StackBehaviour.PopAll => stack.Count,
            StackBehaviour.Varpop => 0,
            _ => 3,
        };
        Pop(stack, pops);
        var pushes = instruction.OpCode.StackBehaviourPush switch
        {
            StackBehaviour.Push0 or StackBehaviour.Varpush => 0,
            StackBehaviour.Push1_push1 => 2,
            _ => 1,
        };
        for (var push = 0; push < pushes; push++)
            stack.Add(Place.Unknown);
    }
}
