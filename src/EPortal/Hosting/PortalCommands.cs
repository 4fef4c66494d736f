using EPortal.Blobs;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Patchsets;

namespace EPortal.Hosting;

/// <summary>How commands reach the portal they work on.</summary>
internal static class PortalCommands
{
    /// <summary>Opens the data folder of the settings.</summary>
    public static Portal OpenPortal(this CliContext context, bool isNew = false) => Portal.Open(context.Settings, context.Time, isNew);

    /// <summary>
    /// Begins a file for whoever called, before <see cref="OpenPortal"/> gives up rights. Where it gives them up the file cannot take the
    /// place of another one at the end, so there must be none.
    /// </summary>
    /// <exception cref="CliException">There is one already, or no folder for it.</exception>
    /// <exception cref="StartException">There is no user to become.</exception>
    public static OutputFile BeginFile(this CliContext context, string path, bool mayReplace)
    {
        ArchiveFile.RefuseWithoutFolder(path);
        return mayReplace && !Privileges.WillDrop(context.Settings)
            ? OutputFile.Replace(path, context.Note)
            : OutputFile.CreateOrNull(path, context.Note) ?? throw new CliException($"{path} is there already.");
    }

    /// <summary>Who is at the command line: the user before <c>sudo</c>, where there was one.</summary>
    public static Actor Operator(this CliContext context) =>
        Actor.CommandLine(context.Environment.GetValueOrDefault("SUDO_USER") ?? Environment.UserName);
}
