using System.Security.Cryptography;
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
    Database database,
    ChangeLog log,
    PatchFolders folders,
    PortalSigner signer,
    PatchsetLimits limits,
    TimeProvider time
)
{
    /// <summary>Nothing happens with it on feeds.</summary>
    public static readonly Action<Change, Patchset> NoPlace = (_, _) => { };

    private const int MaxRefusal = 500;

    /// <summary>Largest archive that is imported.</summary>
    public long MaxArchiveBytes => limits.MaxArchiveBytes;

    /// <summary>
    /// Imports an archive. <paramref name="place"/> runs in the transaction that records it, to place it on feeds. The
    /// same archive again changes nothing but what <paramref name="place"/> does.
    /// </summary>
    /// <exception cref="PatchsetException">The archive is bad.</exception>
    /// <exception cref="RefusedException">It is not of the requested product, or its name or a patch of it is
    /// taken.</exception>
    /// <exception cref="StoreException">The store failed.</exception>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public async Task<Deployed> Deploy(
        Actor actor,
        Product product,
        Stream archive,
        Action<Change, Patchset> place,
        CancellationToken cancel
    )
    {
        using var candidate = await Check(archive, cancel);
        RefuseOtherProduct(candidate.Patchset, product);
        return (await Deploy(actor, [candidate], place)).Single();
    }

    /// <summary>Imports an archive, and records its refusal in the user log.</summary>
    /// <param name="actor">Who imports it.</param>
    /// <param name="what">Its name, for the user log.</param>
    /// <param name="work">Imports it.</param>
    public async Task<T> Told<T>(Actor actor, string what, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (e is RefusedException or PatchsetException)
        {
            await TellRefused(actor, what, e.Message);
            throw;
        }
    }

    /// <summary>Records in the user log that an archive was refused, and why.</summary>
    public Task<bool> TellRefused(Actor actor, string what, string reason) =>
        log.Commit(
            actor,
            change =>
            {
                change.Note("patchset.refuse", UserLogDetails.Cut($"{what}: {reason}", MaxRefusal));
                return true;
            }
        );

    /// <summary>
    /// Copies an archive and checks everything that needs no other data. Nothing of it is in place yet.
    /// </summary>
    /// <exception cref="PatchsetException">The archive is bad.</exception>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public async Task<Candidate> Check(Stream archive, CancellationToken cancel)
    {
        var staging = folders.Stage();
        try
        {
            var file = await Copy(archive, staging.Archive, cancel);
            return new Candidate(staging, await Unpack(staging, cancel), file);
        }
        catch
        {
            staging.Dispose();
            throw;
        }
    }

    /// <summary>Imports checked archives, all or none: one transaction records them and further changes.</summary>
    /// <inheritdoc cref="Deploy(Actor, Product, Stream, Action{Change, Patchset}, CancellationToken)"/>
    public async Task<IReadOnlyList<Deployed>> Deploy(
        Actor actor,
        IReadOnlyList<Candidate> candidates,
        Action<Change, Patchset> place,
        Action<Change>? besides = null
    )
    {
        using var names = folders.LockNames();
        var entries = candidates.Select(Entry).ToList();
        foreach (var entry in entries.Where(entry => !entry.IsInPlace))
            folders.Publish(entry.Candidate!.Staging, entry.Product, entry.Name, entry.Archive);
        var all = await Record(
            actor,
            entries,
            change =>
            {
                var deployed = entries
                    .Select(entry => Record(change, entry.Candidate!.Patchset, entry, place))
                    .ToList();
                besides?.Invoke(change);
                return deployed;
            }
        );
        foreach (var entry in entries.Where(entry => entry is { IsInPlace: true, GainsSignature: true }))
            folders.TakeDescriptions(
                entry.Candidate!.Staging,
                entry.Product,
                entry.Name,
                entry.Candidate.Patchset.Manifest
            );
        return all;
    }

    /// <summary>Imports a patchset by its manifest only; its files are fetched when agents ask for them.</summary>
    /// <inheritdoc cref="Deploy(Actor, Product, Stream, Action{Change, Patchset}, CancellationToken)"/>
    public async Task<Deployed> DeployManifest(Actor actor, StagedPatchset checkedOne, string archive)
    {
        using var staging = folders.Stage();
        MakeTargetFolders(checkedOne.Manifest, staging.Unpacked);
        var staged = signer.SignUnsigned(checkedOne, staging.Unpacked);
        KeepManifest(staged, staging.Unpacked);
        var (product, name) = (staged.Manifest.Product, staged.Manifest.Name);
        using var names = folders.LockNames();
        var (known, sha256) = Compare(staged);
        var isHere = known is { IsHere: true };
        if (!isHere)
            folders.PublishCache(staging, product, name);
        var entry = new DeployPlan(null, product, name, sha256, Path.GetFileName(archive), isHere);
        return await Record(actor, [entry], change => Record(change, staged, entry, NoPlace));
    }

    /// <summary>
    /// Puts a manifest in place whose patchset another node recorded, unless it is here; names are locked. It is
    /// recorded by <see cref="RecordPlaced"/>.
    /// </summary>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public StagedPatchset PlaceManifest(StagedPatchset checkedOne)
    {
        using var staging = folders.Stage();
        MakeTargetFolders(checkedOne.Manifest, staging.Unpacked);
        var staged = signer.SignUnsigned(checkedOne, staging.Unpacked);
        KeepManifest(staged, staging.Unpacked);
        var (product, name) = (staged.Manifest.Product, staged.Manifest.Name);
        if (!(Find(product, name) is { IsHere: true } known && known.ManifestSha256 == HashOf(staged)))
            folders.PublishCache(staging, product, name);
        return staged;
    }

    /// <summary>
    /// Records that a patchset is here by its manifest, where it is the visible one of its name and nothing of it was
    /// here.
    /// </summary>
    public static void RecordPlaced(Change change, StagedPatchset staged)
    {
        var (product, name) = (staged.Manifest.Product, staged.Manifest.Name);
        if (
            PatchsetStore.FindOrNull(change.Session, product, name) is { Id.Length: > 0, IsHere: false } known
            && known.ManifestSha256 == HashOf(staged)
        )
            PatchsetStore.RecordCopy(change, known.Id, staged.Manifest, file: null);
    }

    /// <summary>
    /// The manifest of a patchset that is here, as its maker signed it; null where its file is missing.
    /// </summary>
    public (byte[] Json, string? Signature)? ManifestOrNull(Patchset patchset)
    {
        var folder = folders.FolderOf(patchset.Product, patchset.Name, patchset.Whole);
        try
        {
            var signature = Path.Combine(folder, Manifest.SignatureFileName);
            return (
                File.ReadAllBytes(Path.Combine(folder, Manifest.FileName)),
                File.Exists(signature) ? File.ReadAllText(signature) : null
            );
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Deletes the files of a patchset that another node deleted, unless there is one of that name.</summary>
    public void RemoveUnknown(Product product, string name, string archive)
    {
        using var names = folders.LockNames();
        if (Find(product, name) is not null)
            return;
        folders.Remove(product, name, Path.GetFileName(archive));
        folders.RemoveCache(product, name);
    }

    /// <summary>
    /// Whether the patches and the archive are here unchanged: a restored database may list files that are lost, and
    /// disks rot.
    /// </summary>
    public bool IsWhole(Product product, string name) =>
        Find(product, name) is { Whole: true } known
        && folders.Has(product, name)
        && database.Read(session => PatchsetStore.ArchiveOrNull(session, known.Id)) is { } archive
        && FileContent.Is(folders.ArchiveOf(product, known.Archive), archive);

    /// <summary>Deletes a patchset with its files, on every feed.</summary>
    /// <param name="actor">Who does it.</param>
    /// <param name="product">Its product.</param>
    /// <param name="name">Its name.</param>
    /// <param name="check">Refuses, within the transaction, what is no longer allowed.</param>
    /// <exception cref="RefusedException">There is none of that name.</exception>
    public async Task Delete(Actor actor, Product product, string name, Action<Session>? check = null)
    {
        using var names = folders.LockNames();
        var patchset = await log.Commit(
            actor,
            change =>
            {
                check?.Invoke(change.Session);
                var found = PatchsetStore.Get(change.Session, product, name);
                if (found.Id.Length == 0)
                    throw new RefusedException(Refusal.NotFound, $"{product.Token()} patchset '{name}' not found");
                PatchsetStore.Delete(change, found);
                change.Note("patchset.delete", name);
                return found;
            }
        );
        folders.Remove(product, name, patchset.Archive);
        folders.RemoveCache(product, name);
    }

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
            archive,
            staging.Unpacked,
            signer.Trusted,
            limits,
            time.GetUtcNow(),
            cancel
        );
        KeepManifest(staged, staging.Unpacked);
        return signer.SignUnsigned(staged, staging.Unpacked);
    }

    private (Patchset? Known, string Sha256) Compare(StagedPatchset staged)
    {
        var sha256 = HashOf(staged);
        var known = Find(staged.Manifest.Product, staged.Manifest.Name);
        RefuseOtherContent(known, sha256);
        return (known, sha256);
    }

    private static string HashOf(StagedPatchset staged) =>
        Convert.ToHexStringLower(SHA256.HashData(staged.ManifestJson));

    private Patchset? Find(Product product, string name) =>
        database.Read(session => PatchsetStore.FindOrNull(session, product, name)) is { Id.Length: > 0 } known
            ? known
            : null;

    private DeployPlan Entry(Candidate candidate)
    {
        var (known, sha256) = Compare(candidate.Patchset);
        var (product, name) = (candidate.Patchset.Manifest.Product, candidate.Patchset.Manifest.Name);
        var isWhole = IsWhole(product, name);
        return new DeployPlan(
            candidate,
            product,
            name,
            sha256,
            isWhole ? known!.Archive : name + Extension(candidate.Staging.Archive),
            IsInPlace: isWhole,
            GainsSignature: known is { IsHere: true, Whole: true } && GainsSignature(known, candidate.Patchset)
        );
    }

    /// <summary>
    /// Whether a patchset imported unchecked, before a key was pinned, is now signed by a pinned one.
    /// </summary>
    private static bool GainsSignature(Patchset known, StagedPatchset staged) =>
        known.SignedBy is null && staged.SignedBy is not null;

    /// <summary>The one transaction of a deploy; when it refuses, files of unknown patchsets are removed.</summary>
    private async Task<T> Record<T>(Actor actor, IReadOnlyList<DeployPlan> entries, Func<Change, T> record)
    {
        T result;
        try
        {
            result = await log.Commit(actor, record);
        }
        catch
        {
            foreach (var entry in entries.Where(entry => !entry.IsInPlace && Find(entry.Product, entry.Name) is null))
            {
                folders.Remove(entry.Product, entry.Name, entry.Archive);
                folders.RemoveCache(entry.Product, entry.Name);
            }

            throw;
        }

        foreach (var entry in entries.Where(entry => entry.Candidate is not null))
            folders.RemoveCache(entry.Product, entry.Name);
        return result;
    }

    private static Deployed Record(
        Change change,
        StagedPatchset staged,
        DeployPlan entry,
        Action<Change, Patchset> place
    )
    {
        var (product, name, sha256, archive, file) = (
            entry.Product,
            entry.Name,
            entry.Sha256,
            entry.Archive,
            entry.Candidate?.File
        );
        var known = PatchsetStore.FindOrNull(change.Session, product, name) is { Id.Length: > 0 } found ? found : null;
        RefuseOtherContent(known, sha256);
        if (known is null)
        {
            PatchsetStore.Record(change, staged, sha256, archive, file);
            change.Note(
                "patchset.deploy",
                name,
                [
                    new FieldChange("product", "", product.Token()),
                    new FieldChange("signed_by", "", staged.SignedBy?.KeyId ?? "no pinned key"),
                ]
            );
        }
        else if (!known.IsHere)
        {
            PatchsetStore.RecordCopy(change, known.Id, staged.Manifest, file);
        }
        else if (file is not null)
        {
            if (!entry.IsInPlace)
                PatchsetStore.SetWhole(change, known, archive, file);
            if (GainsSignature(known, staged))
                PatchsetStore.SetSigner(change, known, staged);
        }

        place(change, PatchsetStore.Get(change.Session, product, name));
        return new Deployed(name, product, known is { IsHere: true }, staged.SignedBy?.KeyId);
    }

    /// <summary>
    /// The manifest stays beside the patches, byte for byte as it was signed, for those who take patchsets from here.
    /// </summary>
    private static void KeepManifest(StagedPatchset staged, string folder)
    {
        File.WriteAllBytes(Path.Combine(folder, Manifest.FileName), staged.ManifestJson);
        if (staged.ManifestSignature is { } signature)
            File.WriteAllText(Path.Combine(folder, Manifest.SignatureFileName), signature);
    }

    private static void MakeTargetFolders(Manifest manifest, string folder)
    {
        foreach (var target in manifest.Targets)
            Directory.CreateDirectory(
                Path.Combine(
                    folder,
                    target.Id,
                    target.Level.ToString(System.Globalization.CultureInfo.InvariantCulture)
                )
            );
    }

    private static void RefuseOtherProduct(StagedPatchset staged, Product product)
    {
        if (staged.Manifest.Product != product)
            throw new RefusedException(
                Refusal.Invalid,
                $"'{staged.Manifest.Name}' is a {staged.Manifest.Product.Token()} patchset, not a {product.Token()} patchset"
            );
    }

    private static void RefuseOtherContent(Patchset? known, string sha256)
    {
        if (known is not null && known.ManifestSha256 != sha256)
            throw new RefusedException(
                Refusal.Exists,
                $"patchset '{known.Name}' already exists with different content; delete it first"
            );
    }

    private static string Extension(string archive)
    {
        using var file = File.OpenRead(archive);
        return ArchiveFile.EndingOf(PatchsetArchive.Recognise(file));
    }

    /// <summary>What a deploy needs to know of one patchset; no candidate where only the manifest is here.</summary>
    private sealed record DeployPlan(
        Candidate? Candidate,
        Product Product,
        string Name,
        string Sha256,
        string Archive,
        bool IsInPlace,
        bool GainsSignature = false
    );
}
