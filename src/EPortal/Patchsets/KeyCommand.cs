using System.CommandLine;
using System.Text;
using EPortal.Blobs;
using EPortal.Cli;
using EPortal.Format;

namespace EPortal.Patchsets;

/// <summary><c>kc.eportal patchset keygen</c>: makes a signing key that minisign can use too.</summary>
internal static class KeyCommand
{
    /// <summary>The command.</summary>
    public static Command Create(CliContext context)
    {
        var file = CliOptions.Required("file", "file for the secret key; the public key goes to FILE.pub");
        var json = CliOptions.Json();
        var command = new Command(
            "keygen",
            """
            create a signing key in minisign format, without a password

            example:
              kc.eportal patchset keygen vendor.key
            """
        )
        {
            file,
            json,
        };
        command.SetAction(parsed =>
        {
            var path = parsed.GetValue(file)!;
            ArchiveFile.RefuseWithoutFolder(path);
            var key = MinisignSecretKey.Generate();
            if (!DurableFile.WriteNew(path, Encoding.ASCII.GetBytes(key.ToText())))
                throw new CliException($"{path} already exists; keys are never overwritten");
            DurableFile.Write($"{path}.pub", Encoding.ASCII.GetBytes(key.PublicKey.ToText("minisign public key")));
            ArchiveOutput.Show(context, key.PublicKey, parsed.GetValue(json));
        });
        return command;
    }
}
