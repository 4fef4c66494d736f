using System.Globalization;
using EPortal.Data;
using EPortal.Servers.Search;
using Microsoft.Data.Sqlite;

namespace Bench.Filters;

/// <summary>
/// Writes very many servers into a portal's database as registrations and check-ins would leave them.
/// </summary>
internal static class Fleet
{
    public const int Keys = 50;
    public const int Feeds = 10;
    public const int Kernels = 300;
    public const int Tags = 200;
    private const int Inactive = 100;
    private const long Second = 1_000_000;

    /// <summary>
    /// Fills it. Half of all servers have the first key, a third the first tag; of every hundred one is outdated, one
    /// unsupported.
    /// </summary>
    /// <param name="database">File of the database.</param>
    /// <param name="servers">How many.</param>
    /// <param name="address">Where all come from; null for an address each.</param>
    /// <param name="digest">Digest of what the n-th said last; null for none.</param>
    public static void Write(string database, int servers, string? address = null, Func<int, long>? digest = null)
    {
        using var connection = new SqliteConnection($"Data Source={database};Pooling=False");
        connection.Open();
        using var session = new Session(connection, EPortal.Data.Sqlite.SqliteDialect.Instance);
        // Written once and read back only if it went well.
        session.Execute("PRAGMA synchronous=OFF");
        session.Execute("PRAGMA cache_size=-262144");
        var keys = KeysOf(connection);
        session.Execute("BEGIN");
        var (server, facts, checkin) = Commands(connection);
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1000;
        for (var n = 0; n < servers; n++)
        {
            var registered = now - (servers - n) * (400L * 86_400 * Second / servers);
            Run(
                server,
                n + 1,
                $"bench.{n + 1}",
                $"B{n:d15}",
                keys[n % 2 == 0 ? 0 : n / 2 % keys.Count],
                Host(n),
                address ?? Ip(n),
                registered,
                TagsOf(n)
            );
            Run(facts, n + 1, address ?? Ip(n), Host(n), KernelOf(n), LevelOf(n), now - n % 900 * 40_000L * Second);
            Run(
                checkin,
                n + 1,
                n % (servers / Inactive) == 3 ? now - 60L * 86_400 * Second : now - n % 14_400 * Second,
                digest?.Invoke(n) ?? 0,
                n + 1
            );
            TagTables.Set(session, n + 1, TagsOf(n));
        }

        SearchProjection.AddMissing(session, servers);
        // Else whatever is done to them would wait for the operations that created them.
        session.Execute(
            "INSERT INTO version_vector (origin, sequence, kept_from) VALUES ('bench', @servers, @servers + 1)",
            ("@servers", servers)
        );
        session.Execute("COMMIT");
    }

    public static string Host(int n) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{(n % 3 == 0 ? "web" : n % 3 == 1 ? "db" : "app")}-{n:d6}.dc{n % 7}.example.com"
        );

    /// <summary>The kernel that the n-th runs; of every hundred one that no feed has anything for.</summary>
    public static string KernelOf(int n) => Kernel(n % 100 == 2 ? Kernels : n % Kernels);

    /// <summary>The level that the n-th runs.</summary>
    public static int LevelOf(int n) => n % 100 == 1 ? 0 : 1;

    public static string Ip(int n) =>
        string.Create(CultureInfo.InvariantCulture, $"10.{n / 65536 % 256}.{n / 256 % 256}.{n % 256}");

    public static string Kernel(int n) => n.ToString("x40", CultureInfo.InvariantCulture);

    public static string Key(int n) => string.Create(CultureInfo.InvariantCulture, $"key{n}");

    public static string Feed(int n) => n == 0 ? "main" : string.Create(CultureInfo.InvariantCulture, $"feed{n}");

    public static string Tag(int n) => n == 0 ? "env:prod" : string.Create(CultureInfo.InvariantCulture, $"team:{n}");

    private static string TagsOf(int n) =>
        n % 3 == 0 ? $"{Tag(0)};{Tag(1 + n / 3 % (Tags - 1))}" : Tag(1 + n % (Tags - 1));

    private static List<string> KeysOf(SqliteConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT id FROM key ORDER BY length(name), name";
        using var rows = command.ExecuteReader();
        var keys = new List<string>();
        while (rows.Read())
            keys.Add(rows.GetString(0));
        return keys;
    }

    private static (SqliteCommand Server, SqliteCommand Facts, SqliteCommand Checkin) Commands(
        SqliteConnection connection
    )
    {
        SqliteCommand Prepare(string sql)
        {
            var command = connection.CreateCommand();
            command.CommandText = sql;
            return command;
        }

        return (
            Prepare(
                "INSERT INTO server (local, id, stamp, server_id, key, hostname, ip, registered, tags) VALUES ($0, $1, 0, $2, $3, $4, $5, $6, $7)"
            ),
            Prepare(
                """
                INSERT INTO server_facts (server, ip, hostname, kernel_id, release, euname, patch_level, patch_type, version, virt, kcare_version, distro,
                  distro_version, machine, processor, sticky_patchset, update_delay, update_result, feed, updated)
                VALUES ($0, $1, $2, $3, '5.14.0-503.el9.x86_64', '5.14.0-570.el9.x86_64', $4, 'default', '#1 SMP', 'kvm', '1.0.0', 'AlmaLinux', '9.5',
                  'x86_64', 'x86_64', '', 0, '', 'main', $5)
                """
            ),
            Prepare(
                "INSERT INTO server_checkin (server, at, uptime, stamp, origin, digest, facts_stamp, facts_origin, facts_changed) VALUES ($0, $1, 100000, $3, 'bench', $2, $3, 'bench', $3)"
            )
        );
    }

    private static void Run(SqliteCommand command, params object[] values)
    {
        while (command.Parameters.Count < values.Length)
            command.Parameters.Add(
                string.Create(CultureInfo.InvariantCulture, $"${command.Parameters.Count}"),
                SqliteType.Text
            );
        for (var n = 0; n < values.Length; n++)
        {
            command.Parameters[n].ResetSqliteType();
            command.Parameters[n].Value = values[n];
        }

        command.ExecuteNonQuery();
    }
}
