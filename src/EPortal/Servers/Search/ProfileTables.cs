using EPortal.Data;

namespace EPortal.Servers.Search;

/// <summary>
/// What many servers have in common is kept once: a profile is what a host runs, a group the servers of one key with
/// one profile. Both are made when the first server needs them and go with the last; profile 0, of servers that have
/// not checked in, stays.
/// </summary>
internal static class ProfileTables
{
    private const string Columns =
        "kernel_id, patch_level, distro, distro_version, release, euname, machine, virt, kcare_version";

    /// <summary>Whether the last update failed, as profiles have it.</summary>
    private const string Failed = "CASE WHEN substr(f.update_result, 1, 7) = 'failed:' THEN 1 ELSE 0 END";

    /// <summary>The profile of what a server reported; it is made if it is the first.</summary>
    public static long ProfileOf(Session session, long server) =>
        FindProfile(session, server)
        ?? (long)
            session.Scalar(
                $"""
                INSERT INTO server_profile ({Columns}, failed)
                SELECT {Columns}, {Failed} FROM server_facts f WHERE f.server = @server
                RETURNING id
                """,
                ("@server", server)
            )!;

    /// <summary>The group of a key and a profile; it is made if it is the first.</summary>
    public static long GroupOf(Session session, string key, long profile) =>
        (long?)
            session.Scalar(
                "SELECT id FROM server_group WHERE key = @key AND profile = @profile",
                ("@key", key),
                ("@profile", profile)
            )
        ?? (long)
            session.Scalar(
                "INSERT INTO server_group (key, profile, servers) VALUES (@key, @profile, 0) RETURNING id",
                ("@key", key),
                ("@profile", profile)
            )!;

    /// <summary>Counts a server in.</summary>
    public static void Enter(Session session, long group) =>
        session.Execute("UPDATE server_group SET servers = servers + 1 WHERE id = @group", ("@group", group));

    /// <summary>Counts a server out.</summary>
    public static void Leave(Session session, long group, long profile)
    {
        session.Execute("UPDATE server_group SET servers = servers - 1 WHERE id = @group", ("@group", group));
        if (session.Execute("DELETE FROM server_group WHERE id = @group AND servers = 0", ("@group", group)) > 0)
            session.Execute(
                "DELETE FROM server_profile WHERE id = @profile AND id <> 0 AND NOT EXISTS (SELECT 1 FROM server_group g WHERE g.profile = @profile)",
                ("@profile", profile)
            );
    }

    private static long? FindProfile(Session session, long server) =>
        (long?)
            session.Scalar(
                $"""
                SELECT p.id FROM server_facts f
                JOIN server_profile p ON p.kernel_id = f.kernel_id AND p.patch_level = f.patch_level AND p.distro = f.distro
                  AND p.distro_version = f.distro_version AND p.release = f.release AND p.euname = f.euname AND p.machine = f.machine
                  AND p.virt = f.virt AND p.kcare_version = f.kcare_version AND p.failed = {Failed}
                WHERE f.server = @server
                """,
                ("@server", server)
            );
}
