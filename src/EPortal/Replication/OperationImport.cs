using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;
using EPortal.Replication.Wire;

namespace EPortal.Replication;

/// <summary>Takes the operations of other nodes, with the manifests that they need.</summary>
/// <param name="database">The store.</param>
/// <param name="log">Changes to it.</param>
/// <param name="manifests">Manifests of patchsets.</param>
/// <param name="library">Patchsets that are here.</param>
internal sealed class OperationImport(
    Database database,
    ChangeLog log,
    ManifestExchange manifests,
    PatchsetLibrary library
)
{
    /// <summary>In one commit: check-ins of agents wait for it.</summary>
    private const int PerCommit = 250;

    /// <summary>
    /// Takes them, each as the next of its origin. What is not the next is left out and comes again.
    /// </summary>
    /// <param name="rows">The operations.</param>
    /// <param name="parts">Manifests of patchsets among them.</param>
    /// <param name="refused">Is told of manifests that are not trusted here.</param>
    /// <exception cref="PeerException">One is from a clock too far ahead, or its origin is not what it was.</exception>
    /// <exception cref="StoreException">The store failed, or this version does not know an operation.</exception>
    public async Task Take(IReadOnlyList<OperationRow> rows, IReadOnlyList<ManifestPart> parts, Action<string> refused)
    {
        var operations = rows.Select(row => row.ToOperation()).ToList();
        var deleted = database.Read(session => Deleted(session, operations));
        await manifests.Record(
            manifests.Check(parts, refused),
            async record =>
            {
                foreach (var some in operations.Chunk(PerCommit))
                {
                    var stopped = await log.Commit(Actor.Portal, change => Apply(change, some, record));
                    if (stopped is not null)
                        throw new PeerException(stopped);
                }
            }
        );
        foreach (var (product, name, archive) in deleted)
            library.RemoveUnknown(product, name, archive);
    }

    /// <summary>Why it had to stop; null where all was taken.</summary>
    private static string? Apply(Change change, Operation[] operations, Action<Change> record)
    {
        string? stopped = null;
        foreach (var operation in operations)
        {
            var applied = change.Apply(operation);
            if (applied is Applied.Done or Applied.Before or Applied.Gap)
                continue;
            stopped =
                applied == Applied.Forked
                    ? $"node {operation.Id.Origin} has given numbers of its changes twice: it was set back to an earlier state"
                    : $"a change of node {operation.Id.Origin} is more than {HybridClock.MaxSkew.TotalMinutes} minutes ahead of this "
                        + "clock: set the clocks of both nodes right";
            break;
        }

        record(change);
        return stopped;
    }

    /// <summary>Patchsets that some operations delete: their files go too.</summary>
    private static List<(Product Product, string Name, string Archive)> Deleted(
        Session session,
        IReadOnlyList<Operation> operations
    )
    {
        var deleted = new List<(Product, string, string)>();
        foreach (
            var id in operations
                .Where(operation => operation.Entity == Patchset.Entity.Name && operation.Kind == OperationKind.Delete)
                .SelectMany(operation => operation.Subjects)
        )
        {
            using var row = session.Query("SELECT product, name, archive FROM patchset WHERE id = @id", ("@id", id));
            if (row.Read() && Products.TryParse(row.GetString(0), out var product))
                deleted.Add((product, row.GetString(1), row.GetString(2)));
        }

        return deleted;
    }
}
