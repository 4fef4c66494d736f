using System.Globalization;
using EPortal.Servers.Search;
using EPortal.WebConsole;

namespace EPortal.Servers;

/// <summary>A column of the list of servers.</summary>
/// <param name="Name">Its name, in addresses that sort by it too.</param>
/// <param name="Title">What people call it.</param>
/// <param name="Text">What is in it, for those that hold plain text.</param>
/// <param name="IsDefault">Whether it is there until somebody chooses.</param>
internal sealed record ServerColumn(
    string Name,
    string Title,
    Func<Server, string>? Text = null,
    bool IsDefault = false
)
{
    /// <summary>Whether servers can be sorted by it.</summary>
    public bool IsSortable => ServerOrder.ParseOrNull(Name) is not null;
}

/// <summary>Columns of the list of servers.</summary>
internal static class ServerColumnsModel
{
    /// <summary>All there are, but for the host name, which is always there.</summary>
    public static readonly IReadOnlyList<ServerColumn> All =
    [
        new("ip", "Address", server => server.Facts.Ip, IsDefault: true),
        new("status", "Status", IsDefault: true),
        new("key", "Key", IsDefault: true),
        new("feed", "Feed", IsDefault: true),
        new("euname", "Effective kernel", server => server.Facts.Euname, IsDefault: true),
        new("patch_level", "Level", server => server.Facts.PatchLevel.ToString(CultureInfo.InvariantCulture)),
        new("release", "Kernel release", server => server.Facts.Release),
        new("distro", "Distribution", server => $"{server.Facts.Distro} {server.Facts.DistroVersion}".Trim()),
        new("virt", "Virtualisation", server => server.Facts.Virt),
        new("machine", "Machine", server => server.Facts.Machine),
        new("kcare_version", "Agent version", server => server.Facts.KcareVersion),
        new("tags", "Tags", IsDefault: true),
        new(
            "uptime",
            "Uptime",
            server =>
                server.Uptime is { } seconds
                    ? DurationText.Text(TimeSpan.FromSeconds(Math.Min(seconds, int.MaxValue)))
                    : ""
        ),
        new("update_result", "Last update", server => server.Facts.UpdateResult),
        new("registered", "Registered"),
        new("updated", "Level changed"),
        new("checkin", "Last check-in", IsDefault: true),
    ];

    /// <summary>The host name.</summary>
    public static readonly ServerColumn Hostname = new("hostname", "Host name");
}
