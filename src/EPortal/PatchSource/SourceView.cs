using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.PatchSource;

/// <summary>The patch source, its state and the running sync.</summary>
/// <param name="State">What is in force.</param>
/// <param name="CacheMode">Whether patch files are fetched when agents ask for them.</param>
/// <param name="Trusted">Keys that its index must be signed with.</param>
/// <param name="Seen">The index that was believed last.</param>
/// <param name="Expires">Until when that one holds.</param>
/// <param name="Last">How the last sync went, whichever process made it.</param>
/// <param name="Steps">What a sync of this process does, or how the last one ended.</param>
/// <param name="IsElsewhere">Whether another process syncs.</param>
/// <param name="Listed">Distributions of the kernel patchsets that the source lists.</param>
internal sealed record SourceView(
    SourceState State,
    bool CacheMode,
    IReadOnlyList<MinisignPublicKey> Trusted,
    AcceptedIndex? Seen,
    DateTimeOffset? Expires,
    SyncState? Last,
    SyncSteps? Steps,
    bool IsElsewhere,
    IReadOnlyList<string> Listed
)
{
    /// <summary>Whether a sync goes on.</summary>
    public bool IsSyncing => Steps is { EndedAt: null } || IsElsewhere;
}

/// <summary>Reads the state of the patch source for pages and calls.</summary>
internal sealed class SourceViews(
    PatchSourceManager slot,
    SyncActivity activity,
    PortalSigner signer,
    Database database
)
{
    /// <summary>The current state.</summary>
    public SourceView Read()
    {
        var state = slot.State;
        using var lease = slot.Take();
        var steps = activity.LastOrNull;
        var isElsewhere = steps is not { EndedAt: null } && lease.Connection?.Sync.IsTaken() == true;
        return database.Read(session => new SourceView(
            state,
            slot.CacheMode,
            signer.Trusted.Keys,
            SourceStore.SeenOrNull(session),
            SourceStore.ExpiryOrNull(session)?.Expires,
            SourceStore.StateOrNull(session),
            steps,
            isElsewhere,
            Listing.Distros(session)
        ));
    }
}
