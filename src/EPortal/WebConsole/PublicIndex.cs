namespace EPortal.WebConsole;

/// <summary>
/// The one page that is shown before a login, which tells how a host gets the agent and nothing of what is here.
/// </summary>
/// <param name="IsOpen">Whether it is; <c>AUTH_RESTRICTED_INDEX</c> closes it.</param>
internal sealed record PublicIndex(bool IsOpen)
{
    /// <summary>Where it lies.</summary>
    public const string Path = "/install";

    /// <summary>The same, from the root.</summary>
    public const string Address = ConsoleRoutes.Base + Path;
}
