using EPortal.AgentClient.Wire;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Servers;

namespace EPortal.Agents;

/// <summary>A check-in that was taken.</summary>
/// <param name="Offer">What the host is to run; null when there is nothing for it.</param>
internal sealed record CheckinOutcome(Offer? Offer);

/// <summary>Serves agents: one snapshot finds server and offer, one shared commit keeps the check-in.</summary>
internal sealed class AgentDesk(Database database, AgentOffers offers, CheckIns checkIns, TimeProvider time)
{
    /// <summary>How many came and how they ended.</summary>
    public CheckinCounts Counts { get; } = new();

    /// <summary>
    /// Takes a check-in and answers what to run; null when the server is unknown. The answer is that of the moment the
    /// call came; it is given once the check-in is on disk.
    /// </summary>
    /// <exception cref="RefusedException">A field is not of its form.</exception>
    /// <exception cref="StoreException">The store failed or is overloaded.</exception>
    public ValueTask<CheckinOutcome?> CheckIn(string serverId, CheckinRequest request, string ip) =>
        Counts.Count(() => Take(serverId, request, ip));

    private async ValueTask<CheckinOutcome?> Take(string serverId, CheckinRequest request, string ip)
    {
        var checkIn = CheckinFacts.From(request, ip);
        var (server, offer) = database.Read(session =>
            CheckIns.FindOrNull(session, serverId) is { } known
                ? (known, offers.ForKernel(session, known, request, time.GetUtcNow()))
                : ((KnownServer?)null, (Offer?)null));
        return server is not null && await checkIns.Record(server, checkIn) ? new CheckinOutcome(offer) : null;
    }

    /// <summary>What a server's feed offers for a kernel, without a check-in.</summary>
    public (bool IsKnown, Offer? Offer) Look(string? serverId, string kernelId) => serverId is null
        ? (false, null)
        : database.Read(session => CheckIns.FindOrNull(session, serverId) is { } known
            ? (true, offers.Find(session, known, Product.Kernel, kernelId))
            : (false, (Offer?)null));

    /// <summary>Patches for build-ids; null when the server is unknown.</summary>
    public BuildIdsAnswer? Userspace(string serverId, Product product, IReadOnlyList<string> buildIds) =>
        database.Read(session => CheckIns.FindOrNull(session, serverId) is { } known
            ? new BuildIdsAnswer { Patches = [.. buildIds.SelectMany(id => Patch(session, known, product, id))] }
            : null);

    /// <summary>Whether any feed has something for a kernel.</summary>
    public bool IsSupported(string kernelId) => database.Read(session => offers.IsSupported(session, kernelId));

    /// <summary>Whether a server of that id is registered.</summary>
    public bool IsKnown(string serverId) => database.Read(session => CheckIns.FindOrNull(session, serverId) is not null);

    private IEnumerable<BuildIdPatch> Patch(Session session, KnownServer server, Product product, string buildId)
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
