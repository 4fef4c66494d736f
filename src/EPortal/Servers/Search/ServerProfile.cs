using Dapper;
using EPortal.Data;

namespace EPortal.Servers.Search;

/// <summary>What many hosts have in common: what they run and are.</summary>
internal sealed class ServerProfile
{
    /// <summary>This node's number of it; 0 is that of hosts that have not checked in yet.</summary>
    public required long Id { get; init; }

    /// <summary>Kernel; empty before the first check-in.</summary>
    public required string KernelId { get; init; }

    /// <summary>Level they run.</summary>
    public required long PatchLevel { get; init; }

    /// <summary>Distribution.</summary>
    public required string Distro { get; init; }

    /// <summary>Its version.</summary>
    public required string DistroVersion { get; init; }

    /// <summary>Installed kernel.</summary>
    public required string Release { get; init; }

    /// <summary>Effective kernel.</summary>
    public required string Euname { get; init; }

    /// <summary>Machine, as <c>uname -m</c>.</summary>
    public required string Machine { get; init; }

    /// <summary>Kind of virtualisation.</summary>
    public required string Virt { get; init; }

    /// <summary>Version of the agent.</summary>
    public required string KcareVersion { get; init; }

    /// <summary>Whether the last update failed.</summary>
    public required bool Failed { get; init; }

    /// <summary>All profiles. Without a mapper: there are many.</summary>
    public static IEnumerable<ServerProfile> Read(Session session)
    {
        using var row = session.Query(
            "SELECT id, kernel_id, patch_level, distro, distro_version, release, euname, machine, virt, kcare_version, failed FROM server_profile"
        );
        while (row.Read())
        {
            yield return new ServerProfile
            {
                Id = row.GetInt64(0),
                KernelId = row.GetString(1),
                PatchLevel = row.GetInt64(2),
                Distro = row.GetString(3),
                DistroVersion = row.GetString(4),
                Release = row.GetString(5),
                Euname = row.GetString(6),
                Machine = row.GetString(7),
                Virt = row.GetString(8),
                KcareVersion = row.GetString(9),
                Failed = row.GetInt64(10) != 0,
            };
        }
    }
}

/// <summary>Which profiles; patterns as for host names, <c>-</c> for what a host does not say.</summary>
internal sealed record ProfileFilter
{
    /// <summary>What stands for a host's silence.</summary>
    public const string NotTold = "-";

    /// <summary>All profiles.</summary>
    public static readonly ProfileFilter None = new();

    /// <summary>Distribution.</summary>
    public string? Distro { get; init; }

    /// <summary>Its version.</summary>
    public string? DistroVersion { get; init; }

    /// <summary>Installed kernel.</summary>
    public string? Release { get; init; }

    /// <summary>Effective kernel.</summary>
    public string? Euname { get; init; }

    /// <summary>Machine.</summary>
    public string? Machine { get; init; }

    /// <summary>Kind of virtualisation.</summary>
    public string? Virt { get; init; }

    /// <summary>Version of the agent.</summary>
    public string? KcareVersion { get; init; }

    /// <summary>Whether the last update failed.</summary>
    public bool? Failed { get; init; }

    private IEnumerable<(string Column, string? Pattern)> Patterns =>
        [
            ("distro", Distro),
            ("distro_version", DistroVersion),
            ("release", Release),
            ("euname", Euname),
            ("machine", Machine),
            ("virt", Virt),
            ("kcare_version", KcareVersion),
        ];

    /// <summary>The condition and its parameters.</summary>
    public (string Where, DynamicParameters Parameters) Sql(SqlDialect dialect)
    {
        var conditions = new List<string> { "TRUE" };
        var parameters = new DynamicParameters();
        foreach (var (column, pattern) in Patterns)
        {
            if (pattern is null)
                continue;
            conditions.Add($@"{column} {dialect.Like} @{column} ESCAPE '\'");
            parameters.Add(column, pattern == NotTold ? "" : new NamePattern(pattern).Like);
        }

        if (Failed is { } failed)
        {
            conditions.Add("failed = @failed");
            parameters.Add("failed", failed);
        }

        return (string.Join(" AND ", conditions), parameters);
    }
}
