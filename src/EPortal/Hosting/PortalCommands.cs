using EPortal.Cli;
using EPortal.Data;

namespace EPortal.Hosting;

/// <summary>How commands reach the portal they work on.</summary>
internal static class PortalCommands
{
    /// <summary>Opens the data folder of the settings.</summary>
    public static Portal OpenPortal(this CliContext context) => Portal.Open(context.Settings, context.Time);

    /// <summary>Who is at the command line: the user before <c>sudo</c>, where there was one.</summary>
    public static Actor Operator(this CliContext context) =>
        Actor.CommandLine(context.Environment.GetValueOrDefault("SUDO_USER") ?? Environment.UserName);
}
