namespace EPortal.Servers.Search;

/// <summary>Uptimes that are much alike.</summary>
/// <param name="Token">Name in addresses.</param>
/// <param name="Title">What people call it.</param>
/// <param name="From">Seconds at least.</param>
/// <param name="To">Seconds at most.</param>
internal sealed record UptimeRange(string Token, string Title, long From, long To)
{
    private const long Day = 86_400;

    /// <summary>All there are, one after the other.</summary>
    public static readonly IReadOnlyList<UptimeRange> All =
    [
        new("day", "Under a day", 0, Day - 1),
        new("week", "1 to 7 days", Day, (7 * Day) - 1),
        new("month", "7 to 30 days", 7 * Day, (30 * Day) - 1),
        new("quarter", "30 to 90 days", 30 * Day, (90 * Day) - 1),
        new("year", "90 days to a year", 90 * Day, (365 * Day) - 1),
        new("years", "Over a year", 365 * Day, long.MaxValue),
    ];

    /// <summary>The number of the range that an uptime is in.</summary>
    public static byte IndexOf(long uptime)
    {
        byte index = 0;
        while (uptime > All[index].To)
            index++;
        return index;
    }
}
