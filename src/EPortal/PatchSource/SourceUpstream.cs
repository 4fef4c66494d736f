using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.PatchSource;

/// <summary>The patch source as the place from which features get what is not here.</summary>
internal sealed class SourceUpstream(
    PatchsetImporter fetch,
    PatchCache cache,
    Database database,
    SyncScope choice,
    bool whole
) : Upstream
{
    /// <inheritdoc/>
    public override async Task Fetch(
        Actor actor,
        Product product,
        IReadOnlyList<string> names,
        CancellationToken cancel
    )
    {
        foreach (var name in names)
        {
            var (known, entry) = database.Read(session =>
                (PatchsetStore.Get(session, product, name), Listing.FindOrNull(session, product, name))
            );
            if (known.IsHere)
                continue;
            if (entry is not { State: RepositoryState.Available })
                throw new RefusedException(
                    Refusal.Conflict,
                    $"'{name}' cannot be fetched: the patch source {(entry is null ? "does not list it" : $"says it is {entry.State.Token()}")}"
                );
            await Bring(actor, entry, cancel);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlySet<string> Wanted(Session session, Product product) =>
        choice.Of(product, Listing.All(session)).Select(entry => entry.Name).ToHashSet(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override Task<Stream> Open(PatchFileLocation file, CancellationToken cancel) => cache.Open(file, cancel);

    private async Task Bring(Actor actor, RepositoryEntry entry, CancellationToken cancel)
    {
        try
        {
            await fetch.Bring(actor, entry, whole, new Progress<long>(), cancel);
        }
        catch (Exception e) when (e is SourceException or PatchsetException)
        {
            throw new RefusedException(Refusal.Conflict, $"'{entry.Name}' cannot be fetched: {e.Message}");
        }
    }
}
