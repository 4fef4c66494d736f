using System.CommandLine;
using EPortal.Cli;

namespace EPortal.Patchsets;

/// <summary><c>kc.eportal patchset build|verify|sign</c>: archives, without a portal.</summary>
internal static class ArchiveCommands
{
    /// <summary>The command.</summary>
    public static Command Create(CliContext context) =>
        new("patchset", "create and verify patchset archives")
        {
            BuildCommand.Create(context),
            VerifyCommand.Create(context),
            SignCommand.Create(context),
            KeyCommand.Create(context),
        };
}
