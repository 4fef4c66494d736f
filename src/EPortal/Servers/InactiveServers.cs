using System.Globalization;
using System.Text.Json;
using Dapper;
using EPortal.Data;
using EPortal.Servers.CheckIns;

namespace EPortal.Servers;

/// <summary>
/// Deletes servers that were inactive for long, some at a time, so that check-ins never wait for long.
/// </summary>
internal sealed class InactiveServers(Database database, ChangeLog log, CheckInsElsewhere elsewhere)
{
    /// <summary>
    /// Which those are. The stamp counts as well as the time: it never goes back, so who called while this machine's
    /// clock was behind is not taken for inactive once the clock is right again.
    /// </summary>
    private static string Inactive(SqlDialect dialect) =>
        $"""
            s LEFT JOIN server_checkin c ON c.server = s.local
            WHERE coalesce(c.at, s.registered) < @before AND coalesce(c.stamp, s.stamp) < @stamp
            AND s.local NOT IN (SELECT value FROM {dialect.Numbers("@since")} v)
            """;

    /// <summary>
    /// Deletes the servers whose last check-in, or else registration, was before a moment, and says how many.
    /// </summary>
    /// <param name="actor">Who deletes them; each change leaves a line in the user log.</param>
    /// <param name="before">The moment.</param>
    /// <param name="why">Begins the line.</param>
    /// <param name="cancel">Ends it between two changes.</param>
    /// <exception cref="RefusedException">Check-ins of another node may not be here.</exception>
    /// <exception cref="StoreException">The store failed; what was deleted until then stays so.</exception>
    public async Task<int> Clean(Actor actor, DateTimeOffset before, string why, CancellationToken cancel)
    {
        var deleted = 0;
        while (true)
        {
            elsewhere.RequireKnown();
            cancel.ThrowIfCancellationRequested();
            var found = database.Read(session =>
                session
                    .Connection.Query<string>(
                        $"SELECT s.id FROM server {Inactive(session.Dialect)} LIMIT {ServerBulk.PerChange}",
                        Parameters(session, before)
                    )
                    .AsList()
            );
            var count = found.Count == 0 ? 0 : await log.Commit(actor, change => Delete(change, before, found, why));
            if (count == 0)
                return deleted;
            deleted += count;
        }
    }

    /// <summary>Deletes those that are still inactive: a host may have called since it was found.</summary>
    private static int Delete(Change change, DateTimeOffset before, List<string> found, string why)
    {
        var parameters = Parameters(change.Session, before);
        parameters.Add("found", JsonSerializer.Serialize(found));
        var ids = change
            .Db.Query<string>(
                $"SELECT s.id FROM server {Inactive(change.Session.Dialect)} AND s.id IN (SELECT value FROM {change.Session.Dialect.Texts("@found")} f)",
                parameters
            )
            .AsList();
        change.Delete(Server.Entity, ids);
        if (ids.Count > 0)
            change.Note("server.clean", string.Create(CultureInfo.InvariantCulture, $"{why}: {ids.Count}"));
        return ids.Count;
    }

    private static DynamicParameters Parameters(Session session, DateTimeOffset before)
    {
        var parameters = new DynamicParameters();
        parameters.Add("before", UnixMicros.Of(before));
        parameters.Add("stamp", HybridClock.At(before));
        parameters.Add("since", CheckInLog.Since(session, UnixMicros.Of(before)));
        return parameters;
    }
}
