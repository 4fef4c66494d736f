using EPortal.Format;

namespace Kcarectl.Updates;

/// <summary>A patch on this host of which every byte is what a trusted key signed.</summary>
/// <param name="Folder">Where its files are.</param>
/// <param name="Description">The signed description.</param>
internal sealed record VerifiedPatch(string Folder, PatchDescription Description)
{
    public const string PayloadName = RequiredFiles.KernelModule;
    public const string InfoName = "kpatch.info";

    public string Payload => Path.Combine(Folder, PayloadName);

    /// <summary>Effective kernel that the patch names; empty where it names none.</summary>
    public string Uname()
    {
        var path = Path.Combine(Folder, InfoName);
        return Description.Files.ContainsKey(InfoName) ? KpatchInfo.Parse(File.ReadAllText(path)).Uname : "";
    }
}
