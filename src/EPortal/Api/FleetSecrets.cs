using System.Text.RegularExpressions;

namespace EPortal.Api;

/// <summary>
/// Who is shown server ids and registration keys. A server id is a host's whole credential, and whoever has a key can
/// register hosts with it: pages and CSV show both to admins only; calls of the API show them to readers too, unless a
/// setting hides them.
/// </summary>
/// <param name="hideFromReaders">Setting <c>HIDE_SECRETS_FROM_READERS</c>.</param>
/// <param name="keyNames">Reads the names of all keys.</param>
internal sealed partial class FleetSecrets(bool hideFromReaders, Func<IReadOnlyList<string>> keyNames)
{
    /// <summary>Stands where a key was.</summary>
    public const string Hidden = "(key)";

    /// <summary>Whether a page or a CSV file may show them to whoever asks for it.</summary>
    public static bool AreOnPagesFor(HttpContext context) => context.User.IsInRole(ApiRoutes.AdminPolicy);

    /// <summary>Whether the answer to a call may hold them.</summary>
    public bool AreInCallsFor(HttpContext context) => !hideFromReaders || AreOnPagesFor(context);

    /// <summary>Returns a function that takes the keys there are out of texts, such as lines of the user log.</summary>
    public Func<string, string> Remover()
    {
        var names = keyNames().ToHashSet(StringComparer.Ordinal);
        return text =>
            Word()
                .Replace(
                    text,
                    word =>
                        names.Contains(word.Value) || names.Contains(word.Value.TrimEnd('.', '-', '_'))
                            ? Hidden
                            : word.Value
                );
    }

    /// <summary>What may be the name of a key.</summary>
    [GeneratedRegex("[A-Za-z0-9][A-Za-z0-9._-]*")]
    private static partial Regex Word();
}
