using System.Text;
using EPortal.AgentClient.Wire;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Servers;
using EPortal.Servers.CheckIns;

namespace EPortal.Agents;

/// <summary>An accepted check-in.</summary>
/// <param name="Offer">What the host is to run; null when there is nothing for it.</param>
/// <param name="IsHeldBack">There is something, and what the host asks for holds it back.</param>
/// <param name="IsRecorded">Whether it is on disk; false where that is full, which the answer tells.</param>
internal sealed record CheckInOutcome(Offer? Offer, bool IsHeldBack = false, bool IsRecorded = true);

/// <summary>How the recording of a check-in ended.</summary>
internal enum Recording
{
    /// <summary>It is on disk.</summary>
    Done,

    /// <summary>The disk takes nothing; the check-in is answered and forgotten.</summary>
    DiskFull,

    /// <summary>The host was deleted.</summary>
    UnknownServer,
}

/// <summary>A check-in that says nothing new, not yet on disk.</summary>
/// <param name="Recorded">Done when it is there; false when the host was deleted meanwhile.</param>
/// <param name="KernelId">Its kernel.</param>
/// <param name="Offer">What the host is to run; null when there is nothing for it.</param>
internal readonly record struct UnchangedCheckIn(ValueTask<bool> Recorded, string KernelId, Offer? Offer);

/// <summary>
/// Serves agents. Check-ins that say nothing new need no look at the store; for the rest one snapshot finds server and
/// offer. A shared commit stores the check-in.
/// </summary>
internal sealed class AgentService(
    Database database,
    AgentOffers offers,
    CheckInRecorder checkIns,
    ServerCache known,
    TimeProvider time,
    ServerFinder elsewhere
)
{
    private const int KernelIdLength = 40;

    /// <summary>Whether no more check-ins can be accepted now.</summary>
    public bool IsFull => checkIns.IsFull;

    /// <summary>Hosts whose latest check-in is on disk and not yet in lists.</summary>
    public long Behind => checkIns.Behind;

    /// <summary>Counts of check-ins by result.</summary>
    public CheckInCounts Counts { get; } = new();

    /// <summary>
    /// Accepts a check-in and returns what to run; null when the server is unknown. The answer is as of the moment of
    /// the call; it is returned once the check-in is on disk.
    /// </summary>
    /// <param name="serverId">The host's id.</param>
    /// <param name="checkIn">Its facts.</param>
    /// <exception cref="StoreException">The store failed or is overloaded.</exception>
    public ValueTask<CheckInOutcome?> CheckIn(string serverId, CheckIn checkIn) =>
        Counts.Count(async () =>
            await Take(serverId, checkIn)
            ?? (await elsewhere.Find(serverId, CancellationToken.None) ? await Take(serverId, checkIn) : null)
        );

    /// <summary>Accepts a check-in that says nothing new; null for every other, which is not processed.</summary>
    public UnchangedCheckIn? TryTakeUnchanged(in CheckInScan scan)
    {
        if (
            scan.IsRestricted
            || scan.KernelId.Length != KernelIdLength
            || !PackedServerId.TryRead(scan.ServerId, out var id)
        )
            return null;
        var view = known.View();
        if (
            !known.TryFind(view, id, out var agent, out var key)
            || agent.Digest == 0
            || agent.Digest != FactsDigest.ForFeed(scan.Digest, key.FeedDigest)
            || scan.Uptime < agent.Uptime
        )
            return null;
        var kernel = Encoding.ASCII.GetString(scan.KernelId);
        Counts.Begin();
        return new UnchangedCheckIn(checkIns.Record(id, agent.Local, scan.Uptime), kernel, Offer(view, key, kernel));
    }

    /// <summary>Waits until a check-in is on disk.</summary>
    /// <exception cref="StoreException">The store failed.</exception>
    public async ValueTask<Recording> Finish(UnchangedCheckIn unchanged)
    {
        var result = CheckInResult.Failed;
        try
        {
            var recording = await Recorded(unchanged.Recorded);
            result = recording switch
            {
                Recording.Done => CheckInResult.Answered,
                Recording.DiskFull => CheckInResult.Unrecorded,
                _ => CheckInResult.Refused,
            };
            return recording;
        }
        finally
        {
            Counts.End(result);
        }
    }

    /// <summary>What a known server's feed offers for a kernel, without a check-in; false for an unknown one.</summary>
    public bool TryLook(PackedServerId id, string kernelId, out Offer? offer)
    {
        var view = known.View();
        var isKnown = known.TryFind(view, id, out _, out var key);
        offer = isKnown ? Offer(view, key, kernelId) : null;
        return isKnown;
    }

    private static Offer? Offer(FleetView view, AgentKey key, string kernelId) =>
        key.AllowsKernel ? view.Offers.FindOrNull(key.FeedId, Product.Kernel, kernelId) : null;

    private async ValueTask<CheckInOutcome?> Take(string serverId, CheckIn checkIn)
    {
        var facts = checkIn.Facts;
        if (!AgentOffers.IsRestricted(facts) && PackedServerId.TryRead(serverId, out var id))
        {
            var view = known.View();
            if (!known.TryFind(view, id, out var agent, out var key))
                return null;
            var found = new CheckInOutcome(Offer(view, key, facts.KernelId));
            return Outcome(found, await Recorded(checkIns.Record(id, known.ServerOf(serverId, agent, key), checkIn)));
        }

        var (server, outcome) = database.Read(session =>
            CheckInRecorder.FindOrNull(session, serverId) is { } known
                ? (known, offers.ForKernel(session, known, facts, time.GetUtcNow()))
                : ((RegisteredServer?)null, (CheckInOutcome?)null)
        );
        return server is null ? null : Outcome(outcome!, await Recorded(checkIns.Record(server, checkIn)));
    }

    private static CheckInOutcome? Outcome(CheckInOutcome outcome, Recording recording) =>
        recording switch
        {
            Recording.Done => outcome,
            Recording.DiskFull => outcome with { IsRecorded = false },
            _ => null,
        };

    private static async ValueTask<Recording> Recorded(ValueTask<bool> recorded)
    {
        try
        {
            return await recorded ? Recording.Done : Recording.UnknownServer;
        }
        catch (StoreException e) when (e.IsOfDisk)
        {
            // StoreWatch tells it, once and not for each host.
            return Recording.DiskFull;
        }
    }

    /// <summary>
    /// The same, looked for at other nodes where the server is not known here.
    /// </summary>
    public async ValueTask<(bool IsKnown, Offer? Offer)> LookEverywhere(string? serverId, string kernelId)
    {
        var look = Look(serverId, kernelId);
        return look.IsKnown || serverId is null || !await elsewhere.Find(serverId, CancellationToken.None)
            ? look
            : Look(serverId, kernelId);
    }

    /// <summary>What a server's feed offers for a kernel, without a check-in.</summary>
    public (bool IsKnown, Offer? Offer) Look(string? serverId, string kernelId) =>
        serverId is null
            ? (false, null)
            : database.Read(session =>
                CheckInRecorder.FindOrNull(session, serverId) is { } known
                    ? (true, offers.Find(session, known, Product.Kernel, kernelId))
                    : (false, (Offer?)null)
            );

    /// <summary>
    /// Patches for build-ids; null when the server is unknown. Dropped fields are recorded in the server's history.
    /// </summary>
    /// <exception cref="StoreException">The store failed or is overloaded.</exception>
    public async Task<BuildIdsAnswer?> Userspace(
        string serverId,
        Product product,
        IReadOnlyList<string> buildIds,
        DroppedFields dropped
    )
    {
        var what = $"{ServerHistory.Dropped} {product.Token()}";
        var (answer, isNew) = database.Read(session =>
            CheckInRecorder.FindOrNull(session, serverId) is { } known
                ? (
                    new BuildIdsAnswer { Patches = [.. buildIds.SelectMany(id => Patch(session, known, product, id))] },
                    !dropped.IsEmpty && ServerHistory.Last(session, serverId, what) != dropped.ToString()
                )
                : ((BuildIdsAnswer?)null, false)
        );
        if (isNew && database.WriteFailure is null)
            await checkIns.TellDropped(serverId, what, dropped.ToString());
        return answer;
    }

    /// <summary>Whether any feed has something for a kernel.</summary>
    public bool IsSupported(string kernelId) => database.Read(session => offers.IsSupported(session, kernelId));

    /// <summary>Whether a server of that id is registered.</summary>
    public bool IsKnown(string serverId) =>
        database.Read(session => CheckInRecorder.FindOrNull(session, serverId) is not null);

    private IEnumerable<BuildIdPatch> Patch(Session session, RegisteredServer server, Product product, string buildId)
    {
        if (offers.Find(session, server, product, buildId) is { } offer)
            yield return new BuildIdPatch
            {
                BuildId = buildId,
                Level = offer.Level,
                Patchset = offer.Patchset,
                Files = AgentOffers.Files(buildId, offer),
            };
    }
}
