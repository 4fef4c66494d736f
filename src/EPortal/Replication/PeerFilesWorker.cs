using EPortal.Data;
using EPortal.Format;
using EPortal.Patchsets;
using EPortal.PatchSource;

namespace EPortal.Replication;

/// <summary>
/// Makes patchsets whole that came from other nodes by their manifests, so that this node serves them alone when it has
/// to.
/// </summary>
/// <param name="files">Fetches them.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Tells what cannot be had.</param>
internal sealed partial class PeerFilesWorker(PeerFiles files, TimeProvider time, ILogger<PeerFilesWorker> logger)
    : PeriodicWorker(files.IsOn ? s_every : null, time)
{
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(2);

    /// <summary>After a failure the same one is tried again only then.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, long> _failed = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    protected override async Task Round(CancellationToken cancel)
    {
        foreach (var patchset in files.Missing())
        {
            if (_failed.TryGetValue(patchset.Id, out var at) && Time.GetElapsedTime(at) < s_pause)
                continue;
            if (!await TryFetch(patchset, cancel))
                _failed[patchset.Id] = Time.GetTimestamp();
        }
    }

    private async Task<bool> TryFetch(Patchset patchset, CancellationToken cancel)
    {
        try
        {
            if (!await files.Fetch(patchset, cancel))
                return false;
            LogFetched(patchset.Name);
            return true;
        }
        catch (Exception e) when (e is PatchsetException or UserFacingException or StoreException or IOException)
        {
            LogFailed(patchset.Name, e.Message);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Patchset} was fetched from another node")]
    private partial void LogFetched(string patchset);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot fetch {Patchset} from another node: {Reason}")]
    private partial void LogFailed(string patchset, string reason);
}
