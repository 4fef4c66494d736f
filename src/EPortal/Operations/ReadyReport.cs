using System.Text.Json.Serialization;

namespace EPortal.Operations;

/// <summary>One of the checks.</summary>
/// <param name="Name">What was looked at.</param>
/// <param name="Status"><c>ok</c>, <c>warning</c> or <c>problem</c>.</param>
/// <param name="Message">One sentence, for those who may know.</param>
internal sealed record ReadyCheck(string Name, string Status, string? Message);

/// <summary>The answer of <c>/readyz</c>.</summary>
/// <param name="Status"><c>ready</c> or <c>not-ready</c>.</param>
/// <param name="Checks">What was looked at.</param>
internal sealed record ReadyReport(string Status, IReadOnlyList<ReadyCheck> Checks)
{
    /// <summary>The status of a portal that can serve.</summary>
    public const string Ready = "ready";

    /// <summary>A problem makes it unready, a warning does not.</summary>
    public static ReadyReport Of(IReadOnlyList<Finding> findings, bool withMessages) =>
        new(
            findings.Any(finding => finding.Severity == "problem") ? "not-ready" : Ready,
            [
                .. findings.Select(finding => new ReadyCheck(
                    finding.Subject,
                    finding.Severity,
                    withMessages ? finding.Message : null
                )),
            ]
        );
}

/// <summary>Its JSON.</summary>
[JsonSerializable(typeof(ReadyReport))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
internal sealed partial class ReadyJson : JsonSerializerContext;
