namespace EPortal.Format;

/// <summary>Checks a manifest without its archive.</summary>
public static class ManifestCheck
{
    /// <summary>Reads a manifest whose patch files are to be fetched one by one.</summary>
    /// <param name="json">The manifest.</param>
    /// <param name="signature">Its signature; null where it has none.</param>
    /// <param name="trusted">Keys of which one must have signed it; without any, unsigned ones are accepted
    /// too.</param>
    /// <param name="limits">Bounds.</param>
    /// <param name="now">The current time.</param>
    /// <exception cref="PatchsetException">It is malformed, or not signed as it must be.</exception>
    public static StagedPatchset Read(
        byte[] json,
        string? signature,
        TrustedKeys trusted,
        PatchsetLimits limits,
        DateTimeOffset now
    )
    {
        var signedBy = CheckSignature(json, signature, Manifest.FileName, trusted);
        var manifest = Manifest.Parse(json, limits, now);
        if (signedBy is not null)
            RequireDescriptions(manifest);
        return new StagedPatchset(manifest, json, signature, signedBy, UnpackedBytes: 0);
    }

    /// <summary>While no key is trusted a signature must be well-formed, and proves nothing.</summary>
    internal static MinisignPublicKey? CheckSignature(
        byte[] content,
        string? signature,
        string what,
        TrustedKeys trusted
    )
    {
        if (!trusted.IsEmpty)
            return signature is null
                ? throw new PatchsetException(
                    PatchsetErrorCode.Unsigned,
                    $"{what} is not signed; only signed patchsets are accepted"
                )
                : trusted.Verify(content, signature, what);
        if (signature is not null)
            MinisignSignature.Parse(signature, what);
        return null;
    }

    /// <summary>In a signed patchset every patch can be checked by itself.</summary>
    internal static void RequireDescriptions(Manifest manifest)
    {
        foreach (
            var target in manifest.Targets.Where(target =>
                !target.Files.ContainsKey(PatchDescription.SignatureFileName)
            )
        )
            throw new PatchsetException(
                PatchsetErrorCode.Unsigned,
                $"the patch of {target.Id} has no signature ({PatchDescription.SignatureFileName})"
            );
    }
}
