using EPortal.Api;
using EPortal.Data;

namespace EPortal.WebConsole;

/// <summary>
/// Which version of a thing a form shows. The form sends it back, the store compares it within the transaction that
/// saves, and a form that came too late is shown again with what was typed beside what is stored; saved once more, it
/// wins knowingly.
/// </summary>
/// <param name="Token">The version, for the form to send.</param>
/// <param name="Conflict">Fields that differ, when the form came too late: their label, what is stored now and what is
/// in the form. Else null.</param>
internal sealed record FormVersion(
    string Token,
    IReadOnlyList<(string Label, string Stored, string Typed)>? Conflict = null
)
{
    /// <summary>The parameter that carries it.</summary>
    public const string Parameter = "version";

    /// <summary>Of a form that makes something new.</summary>
    public static readonly FormVersion None = new("");

    /// <summary>Of a form that shows what is stored.</summary>
    public static FormVersion Of(StoredFields stored) => new(stored.Version);

    /// <summary>Of a form that was sent and is shown again.</summary>
    /// <param name="parameters">What was sent.</param>
    /// <param name="stored">What is stored now.</param>
    /// <param name="typed">The values in the form, field by field as in <paramref name="stored"/>.</param>
    public static FormVersion Of(ApiParameters parameters, StoredFields stored, StoredFields typed) =>
        new(
            stored.Version,
            SeenOrNull(parameters) is { } seen && seen != stored.Version
                ?
                [
                    .. stored
                        .Zip(typed)
                        .Where(pair => pair.First.Value != pair.Second.Value)
                        .Select(pair => (pair.First.Label, pair.First.Value, pair.Second.Value)),
                ]
                : null
        );

    /// <summary>The version that a form says it showed; null for what is no form of this console.</summary>
    public static string? SeenOrNull(ApiParameters parameters) => parameters.Text(Parameter);

    /// <summary>Status of the answer to a form: refused, and whether for coming too late.</summary>
    public int StatusOf(string? problem) =>
        problem is null ? StatusCodes.Status200OK
        : Conflict is null ? StatusCodes.Status400BadRequest
        : StatusCodes.Status409Conflict;
}
