using System.Globalization;
using EPortal.Accounts;
using EPortal.Blobs;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Patchsets;

namespace EPortal.Hosting;

/// <summary>How commands reach the portal they work on.</summary>
internal static class PortalCommands
{
    private const string Root = "root";

    /// <summary>Opens the data folder of the settings.</summary>
    public static Portal OpenPortal(this CliContext context, bool isNew = false) =>
        Portal.Open(context.Settings, context.Time, isNew);

    /// <summary>
    /// Begins a file for whoever called, before <see cref="OpenPortal"/> gives up rights. Where it gives them up the
    /// file cannot take the place of another one at the end, so there must be none.
    /// </summary>
    /// <exception cref="CliException">There is one already, or no folder for it.</exception>
    /// <exception cref="StartException">There is no user to become.</exception>
    public static OutputFile BeginFile(this CliContext context, string path, bool mayReplace)
    {
        ArchiveFile.RefuseWithoutFolder(path);
        return mayReplace && !Privileges.WillDrop(context.Settings)
            ? OutputFile.Replace(path, context.Note)
            : OutputFile.CreateOrNull(path, context.Note) ?? throw new CliException($"{path} already exists");
    }

    /// <summary>
    /// Who is at the command line: the person behind root, as <c>sudo</c>, <c>doas</c> and <c>pkexec</c> tell, or as
    /// whom the kernel saw log in (<c>su</c>); else the user that the program runs as.
    /// </summary>
    public static Actor Operator(this CliContext context) =>
        Actor.CommandLine(
            Names(context).FirstOrDefault(name => name is not null && name != Root && UserName.IsAllowed(name))
                ?? context.UserName
        );

    private static IEnumerable<string?> Names(CliContext context)
    {
        yield return context.Environment.GetValueOrDefault("SUDO_USER");
        yield return context.Environment.GetValueOrDefault("DOAS_USER");
        if (
            uint.TryParse(
                context.Environment.GetValueOrDefault("PKEXEC_UID"),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var caller
            )
        )
            yield return PrivilegesNative.FindOrNull(caller)?.Name;
        if (context.LoginId is { } login)
            yield return PrivilegesNative.FindOrNull(login)?.Name;
    }
}
