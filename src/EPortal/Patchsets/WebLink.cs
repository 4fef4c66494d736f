using System.Text.RegularExpressions;

namespace EPortal.Patchsets;

/// <summary>Links to web sites in untrusted text.</summary>
internal static partial class WebLink
{
    /// <summary>Its rel attribute: the site gets neither the referrer nor access to this page.</summary>
    public const string Rel = "noopener noreferrer";

    /// <summary>Whether an address leads to a web site, and not to a script, a file or a page of this portal.</summary>
    public static bool IsSafe(string? address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp);

    /// <summary>Address of the record of a CVE; null for what is not one's id.</summary>
    public static string? OfCveOrNull(string id) => Cve().IsMatch(id) ? $"https://www.cve.org/CVERecord?id={id}" : null;

    [GeneratedRegex(@"^CVE-[0-9]{4}-[0-9]{4,19}\z")]
    private static partial Regex Cve();
}
