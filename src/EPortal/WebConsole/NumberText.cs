using System.Globalization;

namespace EPortal.WebConsole;

/// <summary>Numbers for people.</summary>
internal static class NumberText
{
    /// <summary>The number with its thousands apart.</summary>
    public static string Of(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>So many of a thing, such as <c>1 server</c> and <c>2 servers</c>.</summary>
    public static string Of(long value, string one, string many) => $"{Of(value)} {(value == 1 ? one : many)}";

    /// <summary>Bytes in the unit that fits.</summary>
    public static string Bytes(long bytes) =>
        bytes switch
        {
            >= 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.0} GiB"),
            >= 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):0.0} MiB"),
            >= 1L << 10 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 10):0.0} KiB"),
            _ => $"{bytes} B",
        };
}
