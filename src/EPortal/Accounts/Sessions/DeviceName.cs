namespace EPortal.Accounts.Sessions;

/// <summary>
/// What people would call the device that a browser says it is (RFC 9110, 10.1.5); a guess, for a list.
/// </summary>
internal static class DeviceName
{
    /// <summary>Marks of browsers, those that pass for others too first.</summary>
    private static readonly (string Mark, string Name)[] s_browsers =
    [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];

    private static readonly (string Mark, string Name)[] s_systems =
    [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("CrOS", "ChromeOS"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];

    /// <summary>The name, such as <c>Firefox on Linux</c>.</summary>
    public static string Of(string agent) =>
        (Find(s_browsers, agent), Find(s_systems, agent)) switch
        {
            ({ } browser, { } system) => $"{browser} on {system}",
            ({ } browser, null) => browser,
            (null, { } system) => $"Unknown browser on {system}",
            _ => "Unknown device",
        };

    private static string? Find((string Mark, string Name)[] marks, string agent) =>
        marks.FirstOrDefault(one => agent.Contains(one.Mark, StringComparison.Ordinal)).Name;
}
