using System.Globalization;
using System.Text.Json.Serialization;
using EPortal.Data;

namespace EPortal.Operations;

/// <summary>States as Nagios plugins end with them; the numbers are the exit codes.</summary>
internal enum CheckState
{
    /// <summary>All is well.</summary>
    Ok = 0,

    /// <summary>Somebody should look.</summary>
    Warning = 1,

    /// <summary>Somebody must look.</summary>
    Critical = 2,

    /// <summary>It could not be told.</summary>
    Unknown = 3,
}

/// <summary>Something measured, as performance data have it.</summary>
/// <param name="Name">Label.</param>
/// <param name="Value">What it is.</param>
/// <param name="Unit">Empty for a count, <c>s</c>, <c>B</c>.</param>
/// <param name="Warning">Range that is well; null for none.</param>
/// <param name="Critical">The same for what is critical.</param>
internal sealed record CheckValue(
    string Name,
    long Value,
    string Unit = "",
    string? Warning = null,
    string? Critical = null
)
{
    /// <summary><c>'label'=value[UOM];warn;crit;min;max</c>.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"'{Name}'={Value}{Unit};{Warning};{Critical};0;");
}

/// <summary>One part of the check.</summary>
internal sealed record CheckPart(string Name, CheckState State, string Message)
{
    /// <summary>A finding as a part.</summary>
    public static CheckPart Of(Finding finding) =>
        new(
            finding.Subject,
            finding.Severity switch
            {
                "ok" => CheckState.Ok,
                "warning" => CheckState.Warning,
                _ => CheckState.Critical,
            },
            finding.Message
        );
}

/// <summary>What a check found; the worst part is the state of the whole.</summary>
internal sealed record CheckReport(CheckState State, IReadOnlyList<CheckPart> Parts, IReadOnlyList<CheckValue> Values)
{
    /// <summary>Of its parts. What is critical is worse than what is unknown.</summary>
    public static CheckReport Of(IReadOnlyList<CheckPart> parts, params IReadOnlyList<CheckValue> values) =>
        new(
            parts.Select(part => part.State).MaxBy(state => state == CheckState.Critical ? 4 : (int)state),
            parts,
            values
        );

    /// <summary>Of one part.</summary>
    public static CheckReport Of(CheckState state, string name, string message) =>
        Of([new CheckPart(name, state, message)]);

    /// <summary>The first line, which monitoring shows and keeps.</summary>
    public string Line()
    {
        var bad = Parts.Where(part => part.State != CheckState.Ok).Select(part => part.Message).ToList();
        var text = bad.Count > 0 ? string.Join("; ", bad) : $"{Plural.Of(Parts.Count, "check")} passed";
        // A bar would begin the performance data.
        text = text.Replace('|', '/');
        return $"EPORTAL {State.ToString().ToUpperInvariant()} - {text}{(Values.Count == 0 ? "" : " | " + string.Join(' ', Values))}";
    }
}

/// <summary>Its JSON.</summary>
[JsonSerializable(typeof(CheckReport))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true
)]
internal sealed partial class CheckJson : JsonSerializerContext;
