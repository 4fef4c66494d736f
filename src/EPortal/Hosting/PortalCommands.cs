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
    /// Begins a file for whoever called, before <see cref="OpenPortal"/> gives up rights. Nothing is ever replaced: the
    /// name may be that of an older backup, or of a device.
    /// </summary>
    /// <exception cref="CliException">There is one already, or no folder for it.</exception>
    public static OutputFile BeginFile(this CliContext context, string path)
    {
        if (path.Length == 0)
            throw new CliException("specify a file to write");
        ArchiveFile.RefuseWithoutFolder(path);
        var file = Privileges.WillDrop(context.Settings)
            ? OutputFile.CreateOrNull(path, context.Note)
            : OutputFile.CreateBesideOrNull(path, context.Note);
        return file ?? throw new CliException($"{path} already exists; name a file that does not exist yet");
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
