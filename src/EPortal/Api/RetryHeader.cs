using System.Globalization;

namespace EPortal.Api;

/// <summary>The value of a <c>Retry-After</c> header (RFC 9110, 10.2.3).</summary>
internal static class RetryHeader
{
    /// <summary>Whole seconds, at least one.</summary>
    public static string Seconds(TimeSpan wait) =>
        Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
}
