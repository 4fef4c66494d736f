using System.Security.Cryptography;
using EPortal.Blobs;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;
using EPortal.Replication.Wire;

namespace EPortal.Replication;

/// <summary>A manifest of another node that was checked here.</summary>
/// <param name="Sha256">Its hash.</param>
/// <param name="Staged">What it says.</param>
internal sealed record CheckedManifest(string Sha256, StagedPatchset Staged);

/// <summary>
/// Manifests travel with the operations that create their patchsets: a node knows every level that is in force before
/// it knows that it is, and never tells a host a lower one.
/// </summary>
/// <param name="folders">Where patchsets lie.</param>
/// <param name="signer">Whose signatures count.</param>
/// <param name="limits">Bounds.</param>
/// <param name="library">Patchsets that are here.</param>
/// <param name="time">The clock.</param>
internal sealed class ManifestExchange(
    PatchFolders folders,
    PortalSigner signer,
    PatchsetLimits limits,
    PatchsetLibrary library,
    TimeProvider time
)
{
    /// <summary>Those of patchsets that some operations create, as far as they are here.</summary>
    public IReadOnlyList<ManifestPart> Of(Session session, IReadOnlyList<OperationRow> operations) =>
        Of(
            session,
            operations
                .Where(row => row.Entity == Patchset.Entity.Name)
                .Select(row => row.ToOperation())
                .Where(operation => operation.Kind == OperationKind.Create)
                .Select(operation => operation.Set)
        );

    /// <summary>Those of some patchsets' rows, as far as they are here.</summary>
    public IReadOnlyList<ManifestPart> Of(
        Session session,
        IEnumerable<IReadOnlyDictionary<string, object?>> patchsets
    ) =>
        [
            .. patchsets
                .Select(fields => ReadOrNull(session, fields))
                .OfType<ManifestPart>()
                .DistinctBy(manifest => manifest.Sha256),
        ];

    /// <summary>Checks those of another node by this node's own keys; what is not trusted here is left out.</summary>
    public IReadOnlyList<CheckedManifest> Check(IReadOnlyList<ManifestPart> manifests, Action<string> refused)
    {
        var good = new List<CheckedManifest>();
        foreach (var manifest in manifests)
        {
            try
            {
                if (Convert.ToHexStringLower(SHA256.HashData(manifest.Json)) != manifest.Sha256)
                    throw new PatchsetException(PatchsetErrorCode.ContentMismatch, "checksum mismatch of a manifest");
                good.Add(
                    new CheckedManifest(
                        manifest.Sha256,
                        ManifestCheck.Read(manifest.Json, manifest.Signature, signer.Trusted, limits, time.GetUtcNow())
                    )
                );
            }
            catch (PatchsetException e)
            {
                refused(e.Message);
            }
        }

        return good;
    }

    /// <summary>
    /// Puts them in place, then has them recorded in the transaction that brings their patchsets.
    /// </summary>
    public async Task Record(IReadOnlyList<CheckedManifest> manifests, Func<Action<Change>, Task> commit)
    {
        if (manifests.Count == 0)
        {
            await commit(_ => { });
            return;
        }

        using var names = folders.LockNames();
        var placed = manifests.Select(manifest => library.PlaceManifest(manifest.Staged)).ToList();
        await commit(change =>
        {
            foreach (var staged in placed)
                PatchsetLibrary.RecordPlaced(change, staged);
        });
    }

    private ManifestPart? ReadOrNull(Session session, IReadOnlyDictionary<string, object?> fields)
    {
        if (
            fields.GetValueOrDefault("product") is not string token
            || !Products.TryParse(token, out var product)
            || fields.GetValueOrDefault("name") is not string name
            || fields.GetValueOrDefault("manifest_sha256") is not string sha256
        )
            return null;
        return
            PatchsetStore.FindOrNull(session, product, name) is { IsHere: true } patchset
            && patchset.ManifestSha256 == sha256
            ? library.ManifestOrNull(patchset) is var (json, signature)
                ? new ManifestPart(sha256, json, signature)
                : null
            : null;
    }
}
