using System.Security.Cryptography;
using EPortal.Blobs;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.PatchSource;

/// <summary>Writes bundles of the patchsets that are here whole.</summary>
internal sealed class BundleExport(Database database, PatchFolders folders, TimeProvider time)
{
    /// <summary>All patchsets that are here whole.</summary>
    public IReadOnlyList<PatchsetReference> Known() => [.. Whole().Select(held => KnownOf(held.Patchset))];

    /// <summary>Writes what <paramref name="have"/> lacks.</summary>
    /// <exception cref="RefusedException">An archive is lost or damaged here.</exception>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public async Task<BundleContents> Write(
        Stream output,
        IReadOnlySet<PatchsetReference> have,
        MinisignSecretKey key,
        Func<long, IProgress<long>> begin,
        CancellationToken cancel
    )
    {
        var all = Whole();
        var index = database.Read(SourceStore.ContentOrNull) is var (json, signature)
            ? new BundledIndex(json, signature)
            : null;
        var contents = new BundleContents
        {
            Created = time.GetUtcNow(),
            Patchsets =
            [
                .. all.Where(held => !have.Contains(KnownOf(held.Patchset)))
                    .Select(held => EntryOf(held.Patchset, held.Archive)),
            ],
            Known = [.. all.Select(held => KnownOf(held.Patchset))],
            Index = index is null
                ? null
                : new FileEntry(index.Json.Length, Convert.ToHexStringLower(SHA256.HashData(index.Json))),
        };
        var places = all.ToDictionary(
            held => held.Patchset.Name,
            held => folders.ArchiveOf(held.Patchset.Product, held.Patchset.Archive),
            StringComparer.Ordinal
        );
        foreach (
            var entry in contents.Patchsets.Where(entry =>
                !FileContent.Is(places[entry.Name], new FileEntry(entry.Size, entry.Sha256))
            )
        )
            throw new RefusedException(
                Refusal.Conflict,
                $"the archive of {entry.Name} is missing or damaged; fetch it again with `kc.eportal {entry.Product.Verb()} download-missing`"
            );
        var progress = new SyncProgress(begin(contents.Patchsets.Sum(entry => entry.Size)));
        await Bundle.WriteAsync(
            output,
            contents,
            index,
            key,
            entry => new ProgressStream(File.OpenRead(places[entry.Name]), progress.Part()),
            cancel
        );
        return contents;
    }

    private static PatchsetReference KnownOf(Patchset patchset) =>
        new(patchset.Product, patchset.Name, patchset.ManifestSha256);

    private static RepositoryEntry EntryOf(Patchset patchset, FileEntry archive) =>
        new()
        {
            Product = patchset.Product,
            Name = patchset.Name,
            Released = patchset.Released,
            Channel = patchset.Channel,
            Distros = patchset.Distros,
            Archive = $"archives/{patchset.Archive}",
            Size = archive.Size,
            Sha256 = archive.Sha256,
            ManifestSha256 = patchset.ManifestSha256,
        };

    /// <summary>
    /// Of two patchsets of one name and different products the first counts; a bundle holds a name once.
    /// </summary>
    private List<CompletePatchset> Whole() =>
        [.. database.Read(CompletePatchset.All).DistinctBy(held => held.Patchset.Name)];
}
