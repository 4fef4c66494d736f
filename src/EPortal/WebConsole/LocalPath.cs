namespace EPortal.WebConsole;

/// <summary>Places to go on to that a request names.</summary>
internal static class LocalPath
{
    /// <summary>The place if it lies in the console, else the start page: no address leads elsewhere (no open redirect).</summary>
    public static string Of(string? next) =>
        next is not null && (next == ConsoleRoutes.Base || next.StartsWith(ConsoleRoutes.Base + "/", StringComparison.Ordinal) || next.StartsWith(ConsoleRoutes.Base + "?", StringComparison.Ordinal))
        && !next.Contains('\\') && !next.Contains("//", StringComparison.Ordinal) && !next.Any(char.IsControl)
            ? next
            : ConsoleRoutes.Base;
}
