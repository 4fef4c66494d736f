using System.Collections.Concurrent;
using EPortal.Blobs;
using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;
using EPortal.Replication.Channel;
using EPortal.Replication.Wire;

namespace EPortal.Replication;

/// <summary>
/// Brings the archives of patchsets here that other nodes recorded. An archive is taken from any node that has it whole
/// and imported like an upload: checked by this node's own keys, and against the manifest that is in force.
/// </summary>
/// <param name="options">The settings.</param>
/// <param name="database">The store.</param>
/// <param name="parts">How nodes are called.</param>
/// <param name="library">Patchsets that are here.</param>
/// <param name="folders">Where patchsets lie.</param>
internal sealed class PeerFiles(
    ReplicationOptions options,
    Database database,
    PeerLink.Parts parts,
    PatchsetLibrary library,
    PatchFolders folders
)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<(Product, string), Task<bool>> _running = new();

    /// <summary>Whether nodes are asked at all.</summary>
    public bool IsOn => options.IsOn;

    /// <summary>Patchsets of which only the manifest is here, though this node is to have them whole.</summary>
    public IReadOnlyList<Patchset> Missing() =>
        !options.IsOn || options.IsCache
            ? []
            : database.Read(session =>
                Products
                    .All.SelectMany(product => PatchsetStore.List(session, product))
                    .Where(patchset => patchset is { Id.Length: > 0, IsHere: true, Whole: false })
                    .ToList()
            );

    /// <summary>Fetches one; those who ask for the same meanwhile wait for the same.</summary>
    /// <returns>Whether a node had it.</returns>
    /// <exception cref="PatchsetException">The archive is not trusted here.</exception>
    public async Task<bool> Fetch(Patchset patchset, CancellationToken cancel)
    {
        var key = (patchset.Product, patchset.Name);
        // Whoever asked first may hang up; the others want it still.
        var fetching = _running.GetOrAdd(key, _ => Task.Run(() => FetchFromAny(patchset), CancellationToken.None));
        try
        {
            return await fetching.WaitAsync(cancel);
        }
        finally
        {
            if (fetching.IsCompleted)
                _running.TryRemove(KeyValuePair.Create(key, fetching));
        }
    }

    private async Task<bool> FetchFromAny(Patchset patchset)
    {
        foreach (var peer in database.Read(PeerStore.List))
        {
            using var client = parts.NewClient(peer.Url);
            try
            {
                if (await FetchFrom(client, patchset))
                    return true;
            }
            catch (PeerException)
            {
                // Its link tells that it cannot be reached; the next one may have it.
            }
        }

        return false;
    }

    private async Task<bool> FetchFrom(PeerClient client, Patchset patchset)
    {
        using var staging = folders.Stage();
        long size;
        await using (var file = File.Create(staging.Archive))
        {
            do
            {
                var part = await Ask(client, patchset, file.Length);
                size = part.Size;
                if (size == 0 || (part.Content.Length == 0 && file.Length < size) || size > library.MaxArchiveBytes)
                    return false;
                await file.WriteAsync(part.Content);
            } while (file.Length < size);
        }

        await using var archive = File.OpenRead(staging.Archive);
        await library.Deploy(
            Actor.Portal,
            patchset.Product,
            archive,
            (_, deployed) => RequireSame(patchset, deployed),
            CancellationToken.None
        );
        return true;
    }

    private static async Task<ArchiveAnswer> Ask(PeerClient client, Patchset patchset, long offset)
    {
        var request = new ArchiveRequest(patchset.Product.Token(), patchset.Name, patchset.ManifestSha256, offset);
        return (await client.Call(new PeerRequest { Archive = request }, s_patience, CancellationToken.None))
                .Answer
                .Archive
            ?? new ArchiveAnswer(0, []);
    }

    /// <summary>Within the import's transaction, so that another patchset leaves nothing.</summary>
    private static void RequireSame(Patchset wanted, Patchset deployed)
    {
        if (deployed.Name != wanted.Name || deployed.ManifestSha256 != wanted.ManifestSha256)
            throw new RefusedException(
                Refusal.Conflict,
                $"the archive of {wanted.Name} at another node holds {deployed.Name} with another manifest"
            );
    }
}
