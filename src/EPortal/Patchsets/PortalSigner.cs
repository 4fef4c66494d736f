using EPortal.Blobs;
using EPortal.Format;

namespace EPortal.Patchsets;

/// <summary>
/// Which signatures this portal trusts, and its own. While no key is pinned, unsigned patchsets are accepted; the
/// portal then signs their patches with its own key, because agents accept only signed ones.
/// </summary>
internal sealed class PortalSigner(TrustedKeys trusted, MinisignSecretKey own)
{
    /// <summary>Keys pinned in the settings.</summary>
    public TrustedKeys Trusted { get; } = trusted;

    /// <summary>Public keys an agent of this portal should trust, one a line.</summary>
    public string KeysForAgents() =>
        Trusted.IsEmpty
            ? Own.PublicKey.ToText("ePortal signing key")
            : string.Concat(Trusted.Keys.Select(key => key.ToText("patchset signing key")));

    /// <summary>This portal's own key.</summary>
    public MinisignSecretKey Own { get; } = own;

    /// <summary>The public half of the own key as settings take it: one line of base64.</summary>
    public string OwnKeyLine() => Own.PublicKey.ToString();

    /// <summary>
    /// Describes and signs each patch of an unsigned, unpacked patchset; a signed one stays as it is.
    /// </summary>
    public StagedPatchset SignUnsigned(StagedPatchset staged, string folder)
    {
        if (staged.SignedBy is not null)
            return staged;
        var targets = staged.Manifest.Targets.Select(target => Sign(staged.Manifest, target, folder)).ToList();
        return staged with { Manifest = staged.Manifest with { Targets = targets } };
    }

    private ManifestTarget Sign(Manifest manifest, ManifestTarget target, string folder)
    {
        var description = PatchDescription.Of(manifest, target);
        var json = description.ToJson();
        var signature = Own.Sign(json, $"{manifest.Name} {target.Id} {target.Level}", PatchsetBuilder.SignatureComment);
        var place = Path.Combine(
            folder,
            target.Id,
            target.Level.ToString(System.Globalization.CultureInfo.InvariantCulture)
        );
        var payload = description.Files.ToDictionary(StringComparer.Ordinal);
        payload[PatchDescription.FileName] = Write(place, PatchDescription.FileName, json);
        payload[PatchDescription.SignatureFileName] = Write(
            place,
            PatchDescription.SignatureFileName,
            System.Text.Encoding.UTF8.GetBytes(signature)
        );
        return target with { Files = payload };
    }

    private static FileEntry Write(string folder, string name, byte[] content)
    {
        File.WriteAllBytes(Path.Combine(folder, name), content);
        return new FileEntry(
            content.Length,
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content))
        );
    }

    /// <summary>Reads the portal's own key, or makes it at the first start.</summary>
    /// <exception cref="PatchsetException">The file does not hold a key.</exception>
    public static PortalSigner Open(string keyFile, TrustedKeys trusted)
    {
        // Two programs may start at the same moment on a new data folder; all must sign with the key that is kept.
        if (!File.Exists(keyFile))
            DurableFile.WriteNew(keyFile, System.Text.Encoding.UTF8.GetBytes(MinisignSecretKey.Generate().ToText()));
        try
        {
            return new PortalSigner(trusted, MinisignSecretKey.Parse(File.ReadAllText(keyFile), null));
        }
        catch (PatchsetException e)
        {
            throw new PatchsetException(e.Code, $"cannot use the portal's key in {keyFile}: {e.Message}");
        }
    }
}
