using System.Security.Cryptography;
using Dapper;
using EPortal.Blobs;
using EPortal.Data;
using EPortal.Format;

namespace EPortal.Patchsets;

/// <summary>A patch file that is here.</summary>
internal sealed record FoundFile(string Path, PatchFile File);

/// <summary>What a deploy did.</summary>
/// <param name="Patchset">Name.</param>
/// <param name="Product">What it patches.</param>
/// <param name="WasHere">The very same patchset was here already.</param>
/// <param name="SignedBy">Id of the key that signed it; null for an unsigned one.</param>
internal sealed record Deployed(string Patchset, Product Product, bool WasHere, string? SignedBy);

/// <summary>
/// The patchsets whose files are here. A deploy checks everything in a staging folder, moves it into place in one rename
/// and records it in one transaction; a bad archive, a crash or a full disk leaves all as it was.
/// </summary>
internal sealed class PatchsetLibrary(
    Database database, ChangeLog log, PatchFolders folders, PortalSigner signer, PatchsetLimits limits, TimeProvider time)
{
    /// <summary>
    /// The file of a patch, by what agents ask for; null when it is not here. A patch may be in several patchsets with the
    /// same payload but a description each: <paramref name="sha256"/> says which is meant, without it any will do.
    /// </summary>
    public FoundFile? FindFileOrNull(string target, int level, string file, string? sha256 = null)
    {
        return database.Read(session => session.Connection.Query<(string Name, string Product, string Files)>(
            """
            SELECT p.name, t.product, t.files FROM patchset_target t JOIN patchset p ON p.id = t.patchset
            WHERE t.target = @target AND t.level = @level AND p.shadowed = 0 ORDER BY p.id
            """,
            new { target, level },
            buffered: false).Select(Find).FirstOrDefault(found => found is not null));

        FoundFile? Find((string Name, string Product, string Files) row) =>
            Products.TryParse(row.Product, out var product)
            && PatchFiles.Parse(row.Files).FirstOrDefault(known => known.Name == file && (sha256 ?? known.Sha256) == known.Sha256) is { } found
                ? new FoundFile(folders.FileOf(product, row.Name, target, level, file), found)
                : null;
    }

    /// <summary>
    /// Takes in an archive. <paramref name="place"/> runs in the transaction that records it, for what is to happen with it
    /// on feeds. The same archive again changes nothing but what <paramref name="place"/> does.
    /// </summary>
    /// <exception cref="PatchsetException">The archive is bad.</exception>
    /// <exception cref="RefusedException">It is not of the product asked for, or its name or a patch of it is taken.</exception>
    /// <exception cref="StoreException">The store failed.</exception>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public async Task<Deployed> Deploy(
        Actor actor, Product product, Stream archive, Action<Change, Patchset> place, CancellationToken cancel)
    {
        using var staging = folders.Stage();
        await using (var copy = File.Create(staging.Archive))
            await PatchsetArchive.Bounded(archive, limits).CopyToAsync(copy, cancel);
        var staged = await Unpack(staging, cancel);
        if (staged.Manifest.Product != product)
            throw new RefusedException(
                Refusal.Invalid,
                $"'{staged.Manifest.Name}' is a {staged.Manifest.Product.Token()} patchset; this asks for {product.Token()}.");
        using var names = folders.LockNames();
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(staged.ManifestJson));
        var known = database.Read(session => PatchsetStore.FindOrNull(session, product, staged.Manifest.Name));
        RefuseOtherContent(known, sha256);
        var archiveName = known?.Archive ?? staged.Manifest.Name + Extension(staging.Archive);
        if (known?.AvailableAt is null || !folders.Has(product, known.Name))
            folders.Publish(staging, product, staged.Manifest.Name, archiveName);
        try
        {
            return await Record(actor, staged, sha256, archiveName, place);
        }
        catch when (database.Read(session => PatchsetStore.FindOrNull(session, product, staged.Manifest.Name)) is null)
        {
            folders.Remove(product, staged.Manifest.Name, archiveName);
            throw;
        }
    }

    /// <summary>Deletes a patchset with its files, on every feed.</summary>
    /// <exception cref="RefusedException">There is none of that name.</exception>
    public async Task Delete(Actor actor, Product product, string name)
    {
        using var names = folders.LockNames();
        var patchset = await log.Commit(actor, change =>
        {
            var found = PatchsetStore.Get(change.Session, product, name);
            PatchsetStore.Delete(change, found);
            change.Note("patchset.delete", name);
            return found;
        });
        folders.Remove(product, name, patchset.Archive);
    }

    private async Task<StagedPatchset> Unpack(StagingFolder staging, CancellationToken cancel)
    {
        await using var archive = File.OpenRead(staging.Archive);
        var staged = await PatchsetArchive.UnpackAsync(
            archive, staging.Unpacked, signer.Trusted, limits, time.GetUtcNow(), cancel);
        return signer.SignUnsigned(staged, staging.Unpacked);
    }

    private Task<Deployed> Record(
        Actor actor, StagedPatchset staged, string sha256, string archiveName, Action<Change, Patchset> place) =>
        log.Commit(actor, change =>
        {
            var (product, name) = (staged.Manifest.Product, staged.Manifest.Name);
            var known = PatchsetStore.FindOrNull(change.Session, product, name);
            RefuseOtherContent(known, sha256);
            if (known is null)
            {
                PatchsetStore.Record(change, staged, sha256, archiveName);
                change.Note("patchset.deploy", name);
            }
            else if (known.AvailableAt is null)
            {
                PatchsetStore.RecordCopy(change, known.Id, staged.Manifest);
            }

            place(change, PatchsetStore.Get(change.Session, product, name));
            return new Deployed(name, product, known?.AvailableAt is not null, staged.SignedBy?.KeyId);
        });

    private static void RefuseOtherContent(Patchset? known, string sha256)
    {
        if (known is not null && known.ManifestSha256 != sha256)
            throw new RefusedException(
                Refusal.Exists, $"There is a patchset '{known.Name}' with other content; delete that first.");
    }

    private static string Extension(string archive)
    {
        using var file = File.OpenRead(archive);
        return ArchiveFile.EndingOf(PatchsetArchive.Recognise(file));
    }
}
