using EPortal.Blobs;
using EPortal.Data;
using EPortal.PatchSource;

namespace EPortal.Operations;

/// <summary>Whether this portal can serve. Looked at once a second at most, however many ask.</summary>
internal sealed class HealthChecks(OperationsOptions options, Database database, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan s_remembered = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _turn = new(1);
    private IReadOnlyList<Finding> _last = [];
    private long _at;

    /// <summary>What was found, a second ago at most.</summary>
    public async Task<IReadOnlyList<Finding>> Get(CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            if (_last.Count > 0 && time.GetElapsedTime(_at) < s_remembered)
                return _last;
            _last = await Task.Run(() => Look(options, database), cancel);
            _at = time.GetTimestamp();
            return _last;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Looks now.</summary>
    public static IReadOnlyList<Finding> Look(OperationsOptions options, Database database) =>
        [
            OfDatabase(database),
            Findings.OfDisk("disk-data", options.DataFolder, options.MinFreeBytes),
            Findings.OfDisk("disk-patches", options.PatchesFolder, options.MinFreeBytes),
            OfFiles(database, options.PatchesFolder),
            OfSource(database, options.Source.Url),
        ];

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private static Finding OfDatabase(Database database)
    {
        try
        {
            var revision = database.Read(session => Node.Read(session).OfferRevision);
            if (database.WriteFailure is { } failure)
                return Findings.OfWriting(failure);
            database.ProbeWrite();
            return Finding.Ok("database", $"readable and writable, offers at revision {revision}");
        }
        catch (StoreException e)
        {
            return Finding.Problem("database", e.Message);
        }
    }

    private static Finding OfFiles(Database database, string patches)
    {
        try
        {
            return Findings.OfMissing(database, new PatchFolders(patches));
        }
        catch (StoreException e)
        {
            return Finding.Warning("patch-files", e.Message); // Said as a problem of the database already.
        }
    }

    /// <summary>Agents are served without the source, so it is a warning at the worst.</summary>
    private static Finding OfSource(Database database, Uri? source)
    {
        try
        {
            var finding = Findings.OfSource(SourceStatus.Read(database, source, ""));
            return finding.Severity == "problem" ? Finding.Warning(finding.Subject, finding.Message) : finding;
        }
        catch (StoreException e)
        {
            return Finding.Warning("patch-source", e.Message);
        }
    }
}
