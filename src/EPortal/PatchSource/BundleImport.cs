using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.PatchSource;

/// <summary>What an import brought.</summary>
/// <param name="New">Patchsets that were not here.</param>
/// <param name="Known">Patchsets that were here already.</param>
/// <param name="IndexRefused">Why the bundle's index was not taken over; null when it was, or there is none.</param>
internal sealed record ImportReport(IReadOnlyList<string> New, IReadOnlyList<string> Known, string? IndexRefused);

/// <summary>
/// Imports a bundle, all of it or nothing: every archive is checked before the first is put in place, and one
/// transaction records them all, with the index they were listed in. The same bundle again changes nothing.
/// </summary>
internal sealed class BundleImport(
    Database database,
    PatchsetLibrary library,
    TrustedKeys trusted,
    PatchsetLimits limits,
    TimeProvider time
)
{
    /// <summary>Stands for the place that an index came from when nobody fetched it.</summary>
    private const string ByHand = "bundle:";

    /// <summary>Takes it in.</summary>
    /// <exception cref="PatchsetException">The bundle or an archive in it is bad or not signed as it must
    /// be.</exception>
    /// <exception cref="RefusedException">A patchset does not go together with what is here.</exception>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public Task<ImportReport> Run(Actor actor, Stream bundle, CancellationToken cancel) =>
        library.Told(actor, "bundle", () => Import(actor, bundle, cancel));

    private async Task<ImportReport> Import(Actor actor, Stream bundle, CancellationToken cancel)
    {
        var candidates = new List<Candidate>();
        try
        {
            var known = new List<string>();
            var (_, bundled) = await Bundle.ReadAsync(
                bundle,
                trusted,
                limits,
                async (entry, archive) =>
                {
                    if (IsHere(entry))
                        known.Add(entry.Name);
                    else
                        candidates.Add(await Check(entry, archive, cancel));
                },
                cancel
            );
            var (index, refused) = Believe(bundled);
            var deployed = await library.Deploy(
                actor,
                candidates,
                PatchsetLibrary.NoPlace,
                change =>
                {
                    if (index is not null)
                        IndexImport.Apply(change, ByHand, index);
                }
            );
            return new ImportReport([.. deployed.Select(patchset => patchset.Patchset)], known, refused);
        }
        finally
        {
            candidates.ForEach(candidate => candidate.Dispose());
        }
    }

    private bool IsHere(RepositoryEntry entry) =>
        database.Read(session => PatchsetStore.FindOrNull(session, entry.Product, entry.Name))
            is { Whole: true } patchset
        && patchset.ManifestSha256 == entry.ManifestSha256
        && library.IsWhole(entry.Product, entry.Name);

    private async Task<Candidate> Check(RepositoryEntry entry, Stream archive, CancellationToken cancel)
    {
        Candidate candidate;
        try
        {
            candidate = await library.Check(archive, cancel);
        }
        catch (PatchsetException e)
        {
            throw new PatchsetException(e.Code, $"{entry.Archive}: {e.Message}", e);
        }

        try
        {
            SourceClient.RequireSame(entry, candidate.Patchset);
            return candidate;
        }
        catch
        {
            candidate.Dispose();
            throw;
        }
    }

    /// <summary>
    /// What travels by hand may be late, so an old index does not keep the archives out; one that is wrongly signed or
    /// contradicts itself keeps out everything.
    /// </summary>
    private (TrustedIndex? Index, string? Refused) Believe(BundledIndex? bundled)
    {
        if (bundled is null)
            return (null, null);
        try
        {
            var signature = bundled.Signature.Length > 0 ? bundled.Signature : null;
            return (
                IndexTrust.Check(
                    bundled.Json,
                    signature,
                    ByHand,
                    trusted,
                    database.Read(SourceStore.SeenOrNull),
                    time.GetUtcNow()
                ),
                null
            );
        }
        catch (SourceException e) when (e.Code is SourceError.Older or SourceError.Expired)
        {
            return (null, e.Message);
        }
    }
}
