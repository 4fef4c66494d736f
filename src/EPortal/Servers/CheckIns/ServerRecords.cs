using EPortal.Data;
using EPortal.Servers.Search;

namespace EPortal.Servers.CheckIns;

/// <summary>The rows that check-ins write.</summary>
internal static class ServerRecords
{
    /// <summary>What the last check-in said; null before the first.</summary>
    public static CheckIn? Read(Session session, long local)
    {
        using var row = session.Query(
            """
            SELECT x.ip, x.hostname, x.kernel_id, x.release, x.euname, x.patch_level, x.patch_type, x.version, x.virt,
              x.kcare_version, x.distro, x.distro_version, x.machine, x.processor, x.sticky_patchset, x.update_delay,
              x.update_result, x.feed, c.uptime, x.dropped
            FROM server_facts x JOIN server_checkin c ON c.server = x.server WHERE x.server = @server
            """,
            ("@server", local)
        );
        if (!row.Read())
            return null;
        var facts = new ServerFacts
        {
            Ip = row.GetString(0),
            Hostname = row.GetString(1),
            KernelId = row.GetString(2),
            Release = row.GetString(3),
            Euname = row.GetString(4),
            PatchLevel = row.GetInt64(5),
            PatchType = row.GetString(6),
            Version = row.GetString(7),
            Virt = row.GetString(8),
            KcareVersion = row.GetString(9),
            Distro = row.GetString(10),
            DistroVersion = row.GetString(11),
            Machine = row.GetString(12),
            Processor = row.GetString(13),
            StickyPatchset = row.GetString(14),
            UpdateDelay = row.GetInt64(15),
            UpdateResult = row.GetString(16),
            Feed = row.GetString(17),
            Dropped = row.GetString(19),
        };
        return new CheckIn(facts, row.GetInt64(18), Tags: null);
    }

    /// <summary>
    /// Writes a check-in to the server's rows, and to its history what it changes, within the limit; false when the
    /// server is gone.
    /// </summary>
    public static bool Write(Change change, HostChangeLimiter limit, long local, PendingFacts pending)
    {
        var before = Read(change.Session, local);
        if (!WriteTime(change, local, pending))
            return false;
        var said = new Said(UnixMicros.Of(change.Now), new Stamp(change.Node.Stamp, change.Node.Origin));
        WriteChanges(change, limit, local, pending, before, said);
        return true;
    }

    /// <summary>
    /// Writes what a server said before now, unless the server is gone or has said something else since at another
    /// node.
    /// </summary>
    /// <param name="change">The commit.</param>
    /// <param name="limit">What the host may still change.</param>
    /// <param name="local">This node's number of it.</param>
    /// <param name="pending">What it said.</param>
    /// <param name="row">The row of the log.</param>
    public static void WriteLogged(
        Change change,
        HostChangeLimiter limit,
        long local,
        PendingFacts pending,
        FactsRow row
    )
    {
        var before = Read(change.Session, local);
        if (
            change.Session.Execute(
                """
                UPDATE server_checkin SET digest = @digest WHERE server = @server AND facts_stamp < @stamp
                  AND EXISTS (SELECT 1 FROM server WHERE local = @server AND id = @id)
                """,
                ("@digest", pending.Digest),
                ("@server", local),
                ("@stamp", row.Stamp),
                ("@id", pending.EntityId)
            ) > 0
        )
            WriteChanges(
                change,
                limit,
                local,
                pending,
                before,
                new Said(row.At, new Stamp(row.Stamp, change.Node.Origin))
            );
    }

    /// <summary>
    /// Writes what a server said at another node. The next check-in here is compared with it, whatever was said here
    /// last.
    /// </summary>
    /// <param name="change">The commit.</param>
    /// <param name="limit">What the host may still change.</param>
    /// <param name="local">This node's number of it; it has a row of times.</param>
    /// <param name="facts">What it said.</param>
    /// <param name="said">When and where.</param>
    public static void WriteMerged(Change change, HostChangeLimiter limit, long local, PendingFacts facts, Said said)
    {
        var before = Read(change.Session, local);
        change.Session.Execute("UPDATE server_checkin SET digest = 0 WHERE server = @server", ("@server", local));
        WriteChanges(change, limit, local, facts, before, said);
        // Not only where it differs: what arrived here is not to arrive again.
        SetSaid(change, local, said);
    }

    private static void WriteChanges(
        Change change,
        HostChangeLimiter limit,
        long local,
        PendingFacts pending,
        CheckIn? before,
        Said said
    )
    {
        var facts =
            pending.Facts.Hostname.Length > 0
                ? pending.Facts
                : pending.Facts with
                {
                    Hostname = before?.Facts.Hostname ?? NameAtRegistration(change.Session, local),
                };
        if (before?.Facts != facts)
        {
            WriteFacts(change, local, facts, before?.Facts, said.At);
            SetSaid(change, local, said);
            SearchProjection.Reported(change.Session, local);
        }

        if (before is null)
            new ServerHistory(change, limit, local, said.At).WriteFirst(facts);
        else
            new ServerHistory(change, limit, local, said.At).Write(
                pending.Was >= 0 ? before with { Uptime = pending.Was } : before,
                facts,
                pending.Uptime
            );
    }

    private static void SetSaid(Change change, long local, Said said) =>
        change.Session.Execute(
            "UPDATE server_checkin SET facts_stamp = @stamp, facts_origin = @origin, facts_changed = @changed WHERE server = @server",
            ("@stamp", said.Stamp.Time),
            ("@origin", said.Stamp.Origin),
            ("@changed", change.NextStamp()),
            ("@server", local)
        );

    /// <summary>A host that does not tell its name keeps the one that it has.</summary>
    private static string NameAtRegistration(Session session, long local) =>
        (string?)session.Scalar("SELECT hostname FROM server WHERE local = @server", ("@server", local)) ?? "";

    private static bool WriteTime(Change change, long local, PendingFacts pending) =>
        change.Session.Execute(
            """
            INSERT INTO server_checkin (server, at, uptime, stamp, origin, digest)
            SELECT local, @at, @uptime, @stamp, @origin, @digest FROM server WHERE local = @server AND id = @id
            ON CONFLICT (server) DO UPDATE SET at = excluded.at, uptime = excluded.uptime, stamp = excluded.stamp, origin = excluded.origin,
              digest = excluded.digest, changed = NULL
            """,
            ("@at", UnixMicros.Of(change.Now)),
            ("@uptime", pending.Uptime),
            ("@stamp", change.NextStamp()),
            ("@origin", change.Node.Origin),
            ("@digest", pending.Digest),
            ("@server", local),
            ("@id", pending.EntityId)
        ) > 0;

    /// <summary>Writes what a server says of itself; its level counts as updated when it is new.</summary>
    private static void WriteFacts(Change change, long local, ServerFacts facts, ServerFacts? before, long at)
    {
        var updated = before is null ? facts.PatchLevel > 0 : before.PatchLevel != facts.PatchLevel;
        change.Session.Execute(
            """
            INSERT INTO server_facts (server, ip, hostname, kernel_id, release, euname, patch_level, patch_type, version, virt,
              kcare_version, distro, distro_version, machine, processor, sticky_patchset, update_delay, update_result, feed, updated, dropped)
            VALUES (@server, @ip, @hostname, @kernelId, @release, @euname, @level, @type, @version, @virt,
              @kcare, @distro, @distroVersion, @machine, @processor, @sticky, @delay, @result, @feed, @updated, @dropped)
            ON CONFLICT (server) DO UPDATE SET ip = excluded.ip, hostname = excluded.hostname, kernel_id = excluded.kernel_id,
              release = excluded.release, euname = excluded.euname, patch_level = excluded.patch_level,
              patch_type = excluded.patch_type, version = excluded.version, virt = excluded.virt,
              kcare_version = excluded.kcare_version, distro = excluded.distro, distro_version = excluded.distro_version,
              machine = excluded.machine, processor = excluded.processor, sticky_patchset = excluded.sticky_patchset,
              update_delay = excluded.update_delay, update_result = excluded.update_result, feed = excluded.feed,
              updated = coalesce(excluded.updated, server_facts.updated), dropped = excluded.dropped
            """,
            ("@server", local),
            ("@ip", facts.Ip),
            ("@hostname", facts.Hostname),
            ("@kernelId", facts.KernelId),
            ("@release", facts.Release),
            ("@euname", facts.Euname),
            ("@level", facts.PatchLevel),
            ("@type", facts.PatchType),
            ("@version", facts.Version),
            ("@virt", facts.Virt),
            ("@kcare", facts.KcareVersion),
            ("@distro", facts.Distro),
            ("@distroVersion", facts.DistroVersion),
            ("@machine", facts.Machine),
            ("@processor", facts.Processor),
            ("@sticky", facts.StickyPatchset),
            ("@delay", facts.UpdateDelay),
            ("@result", facts.UpdateResult),
            ("@feed", facts.Feed),
            ("@updated", updated ? at : null),
            ("@dropped", facts.Dropped)
        );
    }
}
