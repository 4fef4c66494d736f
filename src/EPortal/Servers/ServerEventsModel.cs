using System.Globalization;
using EPortal.WebConsole;

namespace EPortal.Servers;

/// <summary>The history of servers for people.</summary>
internal static class ServerEventsModel
{
    /// <summary>What changed.</summary>
    public static string Title(string what) =>
        what switch
        {
            "level" => "Level",
            "kernel" => "Kernel id",
            "release" => "Kernel release",
            "euname" => "Effective kernel",
            "feed" => "Feed",
            "ip" => "Address",
            "hostname" => "Host name",
            "update" => "Last update",
            "restart" => "Restarted, uptime",
            ServerHistory.Dropped => "Invalid fields",
            _ when what.StartsWith(ServerHistory.Dropped, StringComparison.Ordinal) =>
                $"Invalid fields,{what[ServerHistory.Dropped.Length..]}",
            ServerHistory.TooMany => "Further changes in this hour not recorded; limit",
            _ => what,
        };

    /// <summary>What it was or became.</summary>
    public static string Text(string what, string value) =>
        what == "restart" && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? DurationText.Text(TimeSpan.FromSeconds(Math.Min(seconds, int.MaxValue)))
            : value;
}
