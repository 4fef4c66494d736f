using System.Globalization;
using System.Text.RegularExpressions;

namespace EPortal.Format;

/// <summary>
/// Layout of a repository of patchsets: a tree of static files that any web server can serve. Paths are relative
/// to its root and use slashes.
/// </summary>
public static partial class RepositoryLayout
{
    /// <summary>The list of patchsets.</summary>
    public const string Index = "index.json";

    /// <summary>What a signature adds to the name of what it signs.</summary>
    public const string SignatureSuffix = ".minisig";

    /// <summary>The archive of a patchset, unless the index names another place.</summary>
    /// <param name="name">Name of the patchset.</param>
    /// <param name="ending">Such as <c>.tar.bz2</c>.</param>
    public static string Archive(string name, string ending) => $"archives/{name}{ending}";

    /// <summary>The manifest of a patchset, byte for byte that of its archive.</summary>
    public static string Manifest(string name) => $"manifests/{name}.json";

    /// <summary>A file of a patch.</summary>
    public static string Patch(string target, int level, string file) =>
        string.Create(CultureInfo.InvariantCulture, $"patches/{target}/{level}/{file}");

    /// <summary>
    /// The description of a patch, or its signature, as it is in one patchset: a patch may be in several.
    /// </summary>
    public static string Description(string patchset, string target, int level, string file) =>
        string.Create(CultureInfo.InvariantCulture, $"descriptions/{patchset}/{target}/{level}/{file}");

    /// <summary>Whether a path stays below the root and has only plain names, however it is resolved.</summary>
    public static bool IsPath(string path) => path.Length <= 255 && Plain().IsMatch(path);

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*\z")]
    private static partial Regex Plain();
}
