using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;

namespace EPortal.Replication;

/// <summary>
/// What is not here comes from the patch source and, where that has none of it or is not set, from other nodes.
/// </summary>
/// <param name="source">The patch source.</param>
/// <param name="files">Other nodes.</param>
/// <param name="database">The store.</param>
/// <param name="folders">Where patchsets lie.</param>
internal sealed class PeerUpstream(Upstream source, PeerFiles files, Database database, Blobs.PatchFolders folders)
    : Upstream
{
    /// <inheritdoc/>
    public override Task Fetch(Actor actor, Product product, IReadOnlyList<string> names, CancellationToken cancel) =>
        source.Fetch(actor, product, names, cancel);

    /// <inheritdoc/>
    public override IReadOnlySet<string> Wanted(Session session, Product product) => source.Wanted(session, product);

    /// <inheritdoc/>
    public override async Task<Stream> Open(PatchFileLocation file, CancellationToken cancel)
    {
        if (!files.IsOn)
            return await source.Open(file, cancel);
        try
        {
            return await source.Open(file, cancel);
        }
        catch (UnavailableException e)
        {
            return await FromPeers(file, cancel)
                ?? throw new UnavailableException($"{e.Message}; no other node has it either", e);
        }
    }

    private async Task<Stream?> FromPeers(PatchFileLocation file, CancellationToken cancel)
    {
        var patchset = database.Read(session =>
            Products
                .All.Select(product => PatchsetStore.FindOrNull(session, product, file.Patchset))
                .FirstOrDefault(one => one is { Id.Length: > 0 })
        );
        if (patchset is null)
            return null;
        try
        {
            if (!await files.Fetch(patchset, cancel))
                return null;
        }
        catch (Exception e) when (e is PatchsetException or RefusedException)
        {
            throw new UnavailableException(e.Message, e);
        }

        var path = Path.Combine(
            folders.FolderOf(patchset.Product, patchset.Name),
            Path.GetRelativePath(folders.FolderOf(patchset.Product, patchset.Name, file.Whole), file.Path)
        );
        return File.Exists(path) ? File.OpenRead(path) : null;
    }
}
