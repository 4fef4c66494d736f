using System.Security.Cryptography;
using Dapper;
using EPortal.Blobs;
using EPortal.Data;
using EPortal.Format;

namespace EPortal.Patchsets;

/// <summary>What a deploy did.</summary>
/// <param name="Patchset">Name.</param>
/// <param name="Product">What it patches.</param>
/// <param name="WasHere">The very same patchset was here already.</param>
/// <param name="SignedBy">Id of the key that signed it; null for an unsigned one.</param>
internal sealed record Deployed(string Patchset, Product Product, bool WasHere, string? SignedBy);

/// <summary>
/// The patchsets that are here. A deploy checks everything in a staging folder, moves it into place in one rename and
/// records it in one transaction; a bad archive, a crash or a full disk leaves all as it was.
/// </summary>
internal sealed class PatchsetLibrary(
    Database database, ChangeLog log, PatchFolders folders, PortalSigner signer, PatchsetLimits limits, TimeProvider time)
{
    /// <summary>Nothing happens with it on feeds.</summary>
    public static readonly Action<Change, Patchset> NoPlace = (_, _) => { };

    /// <summary>The file of a patch, by what agents ask for; null when no patchset here has it.</summary>
    public FoundFile? FindFileOrNull(string target, int level, string file)
    {
        var row = database.Read(session => session.Connection.QueryFirstOrDefault<(string Name, string Product, string Files, long Whole)>(
            """
            SELECT p.name, t.product, t.files, c.whole FROM patchset_target t
            JOIN patchset p ON p.id = t.patchset JOIN patchset_copy c ON c.patchset = p.id
            WHERE t.target = @target AND t.level = @level AND p.shadowed = 0 ORDER BY c.whole DESC, p.id LIMIT 1
            """,
            new { target, level }));
        return row.Name is not null
            && Products.TryParse(row.Product, out var product)
            && PatchFiles.Parse(row.Files).FirstOrDefault(known => known.Name == file) is { } found
            ? new FoundFile(
                folders.FileOf(product, row.Name, row.Whole != 0, target, level, file), found, row.Name, product, row.Whole != 0,
                RepositoryLayout.Patch(target, level, file))
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
        var file = await Copy(archive, staging.Archive, cancel);
        var staged = await Unpack(staging, cancel);
        RefuseOtherProduct(staged, product);
        using var names = folders.LockNames();
        var (known, sha256) = Compare(staged);
        var archiveName = known is { IsHere: true, Whole: true } ? known.Archive : staged.Manifest.Name + Extension(staging.Archive);
        if (known is not { IsHere: true, Whole: true } || !folders.Has(product, known.Name))
            folders.Publish(staging, product, staged.Manifest.Name, archiveName);
        return await Record(actor, staged, sha256, archiveName, file, place);
    }

    /// <summary>Takes in a patchset of which only the manifest is here; its files are fetched when agents ask for them.</summary>
    /// <inheritdoc cref="Deploy"/>
    public async Task<Deployed> DeployManifest(Actor actor, StagedPatchset checkedOne, string archive)
    {
        using var staging = folders.Stage();
        MakeTargetFolders(checkedOne.Manifest, staging.Unpacked);
        var staged = signer.SignUnsigned(checkedOne, staging.Unpacked);
        KeepManifest(staged, staging.Unpacked);
        var (product, name) = (staged.Manifest.Product, staged.Manifest.Name);
        using var names = folders.LockNames();
        var (known, sha256) = Compare(staged);
        if (known is not { IsHere: true })
            folders.PublishCache(staging, product, name);
        return await Record(actor, staged, sha256, Path.GetFileName(archive), file: null, NoPlace);
    }

    /// <summary>Deletes a patchset with its files, on every feed.</summary>
    /// <exception cref="RefusedException">There is none of that name.</exception>
    public async Task Delete(Actor actor, Product product, string name)
    {
        using var names = folders.LockNames();
        var patchset = await log.Commit(actor, change =>
        {
            var found = PatchsetStore.Get(change.Session, product, name);
            if (found.Id.Length == 0)
                throw new RefusedException(Refusal.NotFound, $"The {product.Token()} patchset '{name}' is not here.");
            PatchsetStore.Delete(change, found);
            change.Note("patchset.delete", name);
            return found;
        });
        folders.Remove(product, name, patchset.Archive);
        folders.RemoveCache(product, name);
    }

    /// <summary>Puts a damaged file back in place from its archive; false when the archive does not have it any more.</summary>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public async Task<bool> RestoreFromArchive(FoundFile found, CancellationToken cancel)
    {
        using var staging = folders.Stage();
        try
        {
            await using var archive = File.OpenRead(ArchiveOf(found));
            var staged = await PatchsetArchive.UnpackAsync(
                archive, staging.Unpacked, TrustedKeys.None, limits, time.GetUtcNow(), cancel);
            signer.SignUnsigned(staged, staging.Unpacked);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or PatchsetException or RefusedException)
        {
            return false;
        }

        var fresh = Path.Combine(staging.Unpacked, Path.GetRelativePath(folders.FolderOf(found.Product, found.Patchset), found.Path));
        if (!File.Exists(fresh))
            return false;
        Directory.CreateDirectory(Path.GetDirectoryName(found.Path)!);
        DurableFile.SyncFileSystem(fresh);
        File.Move(fresh, found.Path, overwrite: true);
        DurableFile.SyncFolder(Path.GetDirectoryName(found.Path)!);
        return true;
    }

    private string ArchiveOf(FoundFile found) => folders.ArchiveOf(
        found.Product, database.Read(session => PatchsetStore.Get(session, found.Product, found.Patchset)).Archive);

    private async Task<FileEntry> Copy(Stream archive, string path, CancellationToken cancel)
    {
        using var hash = SHA256.Create();
        await using var file = File.Create(path);
        await using (var hashed = new CryptoStream(file, hash, CryptoStreamMode.Write, leaveOpen: true))
            await PatchsetArchive.Bounded(archive, limits).CopyToAsync(hashed, cancel);
        return new FileEntry(file.Length, Convert.ToHexStringLower(hash.Hash!));
    }

    private async Task<StagedPatchset> Unpack(StagingFolder staging, CancellationToken cancel)
    {
        await using var archive = File.OpenRead(staging.Archive);
        var staged = await PatchsetArchive.UnpackAsync(
            archive, staging.Unpacked, signer.Trusted, limits, time.GetUtcNow(), cancel);
        KeepManifest(staged, staging.Unpacked);
        return signer.SignUnsigned(staged, staging.Unpacked);
    }

    private (Patchset? Known, string Sha256) Compare(StagedPatchset staged)
    {
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(staged.ManifestJson));
        var known = Find(staged.Manifest);
        RefuseOtherContent(known, sha256);
        return (known, sha256);
    }

    private Patchset? Find(Manifest manifest) =>
        database.Read(session => PatchsetStore.FindOrNull(session, manifest.Product, manifest.Name)) is { Id.Length: > 0 } known ? known : null;

    /// <summary>The one transaction of a deploy; when it refuses a patchset that was not known, no file of it stays.</summary>
    private async Task<Deployed> Record(
        Actor actor, StagedPatchset staged, string sha256, string archive, FileEntry? file, Action<Change, Patchset> place)
    {
        var (product, name) = (staged.Manifest.Product, staged.Manifest.Name);
        try
        {
            var deployed = await log.Commit(actor, change => Record(change, staged, sha256, archive, file, place));
            if (file is not null)
                folders.RemoveCache(product, name);
            return deployed;
        }
        catch when (Find(staged.Manifest) is null)
        {
            folders.Remove(product, name, archive);
            folders.RemoveCache(product, name);
            throw;
        }
    }

    private static Deployed Record(
        Change change, StagedPatchset staged, string sha256, string archive, FileEntry? file, Action<Change, Patchset> place)
    {
        var (product, name) = (staged.Manifest.Product, staged.Manifest.Name);
        var known = PatchsetStore.FindOrNull(change.Session, product, name) is { Id.Length: > 0 } found ? found : null;
        RefuseOtherContent(known, sha256);
        if (known is null)
        {
            PatchsetStore.Record(change, staged, sha256, archive, file);
            change.Note("patchset.deploy", name);
        }
        else if (!known.IsHere)
        {
            PatchsetStore.RecordCopy(change, known.Id, staged.Manifest, file);
        }
        else if (file is not null && !known.Whole)
        {
            PatchsetStore.SetWhole(change, known, archive, file);
        }

        place(change, PatchsetStore.Get(change.Session, product, name));
        return new Deployed(name, product, known is { IsHere: true }, staged.SignedBy?.KeyId);
    }

    /// <summary>The manifest stays beside the patches, byte for byte as it was signed, for those who take patchsets from here.</summary>
    private static void KeepManifest(StagedPatchset staged, string folder)
    {
        File.WriteAllBytes(Path.Combine(folder, Manifest.FileName), staged.ManifestJson);
        if (staged.ManifestSignature is { } signature)
            File.WriteAllText(Path.Combine(folder, Manifest.SignatureFileName), signature);
    }

    private static void MakeTargetFolders(Manifest manifest, string folder)
    {
        foreach (var target in manifest.Targets)
            Directory.CreateDirectory(Path.Combine(
                folder, target.Id, target.Level.ToString(System.Globalization.CultureInfo.InvariantCulture)));
    }

    private static void RefuseOtherProduct(StagedPatchset staged, Product product)
    {
        if (staged.Manifest.Product != product)
            throw new RefusedException(
                Refusal.Invalid,
                $"'{staged.Manifest.Name}' is a {staged.Manifest.Product.Token()} patchset; this asks for {product.Token()}.");
    }

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
