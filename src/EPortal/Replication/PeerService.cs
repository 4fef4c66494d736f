using EPortal.Blobs;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;
using EPortal.Replication.Wire;

namespace EPortal.Replication;

/// <summary>Answers what other nodes ask.</summary>
/// <param name="database">The store.</param>
/// <param name="changes">Changes.</param>
/// <param name="state">The whole state.</param>
/// <param name="peers">The nodes that this one knows.</param>
/// <param name="folders">Where patchsets lie.</param>
internal sealed class PeerService(
    Database database,
    ChangeFeed changes,
    StateFeed state,
    PeerDirectory peers,
    PatchFolders folders
)
{
    private const int ArchivePart = 4 * 1024 * 1024;

    /// <summary>Origin of this node.</summary>
    public string Origin => database.Read(session => Node.Read(session).Origin);

    /// <summary>Answers a request of a node that has proved that it may ask.</summary>
    public async Task<PeerAnswer> Answer(PeerRequest request, CancellationToken cancel)
    {
        try
        {
            return request switch
            {
                { Pull: { } pull } => new PeerAnswer { Pull = await Pull(pull, cancel) },
                { State: { } page } => new PeerAnswer { State = state.Next(page) },
                { Find: { } find } => new PeerAnswer { Find = Find(find) },
                { Archive: { } part } => new PeerAnswer { Archive = await Archive(part, cancel) },
                _ => new PeerAnswer { Error = "the request is not understood; update this node" },
            };
        }
        catch (UserFacingException e)
        {
            return new PeerAnswer { Error = e.Message };
        }
    }

    private async Task<PullAnswer> Pull(PullRequest request, CancellationToken cancel)
    {
        await peers.Announced(request.Url, cancel);
        return await changes.Pull(request, cancel);
    }

    private FindAnswer Find(FindRequest request) =>
        new(
            database.Read(session =>
                (string?)session.Scalar("SELECT id FROM server WHERE server_id = @id", ("@id", request.ServerId))
            )
        );

    private async Task<ArchiveAnswer> Archive(ArchiveRequest request, CancellationToken cancel)
    {
        if (
            !Products.TryParse(request.Product, out var product)
            || database.Read(session => PatchsetStore.FindOrNull(session, product, request.Patchset))
                is not { Id.Length: > 0, Whole: true } patchset
            || patchset.ManifestSha256 != request.ManifestSha256
        )
            return new ArchiveAnswer(0, []);
        var path = folders.ArchiveOf(product, patchset.Archive);
        if (!File.Exists(path))
            return new ArchiveAnswer(0, []);
        await using var archive = File.OpenRead(path);
        archive.Position = Math.Clamp(request.Offset, 0, archive.Length);
        var part = new byte[Math.Min(ArchivePart, archive.Length - archive.Position)];
        await archive.ReadExactlyAsync(part, cancel);
        return new ArchiveAnswer(archive.Length, part);
    }
}
