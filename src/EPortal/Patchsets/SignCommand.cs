using System.CommandLine;
using EPortal.Cli;
using EPortal.Format;

namespace EPortal.Patchsets;

/// <summary><c>kc.eportal patchset sign</c>: rewrites an archive, signed with another key.</summary>
internal static class SignCommand
{
    /// <summary>The command.</summary>
    public static Command Create(CliContext context)
    {
        var archive = CliOptions.Required("archive", "archive to sign");
        var key = ArchiveKeys.SecretOption();
        key.Required = true;
        var output = CliOptions.Value<string>("archive to write (in place by default)", "-o", "--output");
        output.HelpName = "FILE";
        var json = CliOptions.Json();
        var command = new Command(
            "sign",
            """
            sign an archive and each patch in it, replacing existing signatures

            example:
              kc.eportal patchset sign --key own.key -o signed.tar.bz2 K20260501_01.tar.bz2
            """
        )
        {
            archive,
            key,
            output,
            json,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var path = parsed.GetValue(archive)!;
                var secret = await ArchiveKeys.ReadSecretAsync(context, parsed.GetValue(key));
                var manifest = await ArchiveSigner.SignAsync(
                    path,
                    parsed.GetValue(output) ?? path,
                    secret!,
                    PatchsetLimits.Default,
                    context.Time.GetUtcNow(),
                    cancel
                );
                ArchiveOutput.Show(context, manifest, secret, parsed.GetValue(json));
            }
        );
        return command;
    }
}
