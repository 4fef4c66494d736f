using System.Globalization;

namespace EPortal.WebConsole;

/// <summary>DurationText of time for people.</summary>
internal static class DurationText
{
    /// <summary>The span in its greatest unit, such as <c>3 days</c>.</summary>
    public static string Text(TimeSpan span) =>
        span switch
        {
            { TotalDays: >= 730 } => Of(span.TotalDays / 365, "year"),
            { TotalDays: >= 1 } => Of(span.TotalDays, "day"),
            { TotalHours: >= 1 } => Of(span.TotalHours, "hour"),
            { TotalMinutes: >= 1 } => Of(span.TotalMinutes, "minute"),
            _ => Of(span.TotalSeconds, "second"),
        };

    private static string Of(double number, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{(long)number:N0} {unit}{((long)number == 1 ? "" : "s")}");
}
