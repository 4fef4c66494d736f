using System.CommandLine;
using EPortal.Cli;
using EPortal.Format;

namespace EPortal.Patchsets;

/// <summary><c>kc.eportal patchset sign</c>: writes an archive anew, signed with another key.</summary>
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
        var command = new Command("sign", """
            sign an archive and each patch in it, in place of what signatures it has

            example:
              kc.eportal patchset sign --key own.key -o signed.tar.bz2 K20260501_01.tar.bz2
            """) { archive, key, output, json };
        command.SetAction(async (parsed, cancel) =>
        {
            var path = parsed.GetValue(archive)!;
            var secret = await ArchiveKeys.ReadSecretAsync(context, parsed.GetValue(key));
            var folder = Directory.CreateTempSubdirectory("kc.eportal-sign-").FullName;
            try
            {
                var builder = await UnpackAsync(path, folder, context, cancel);
                var manifest = await ArchiveFile.WriteAsync(parsed.GetValue(output) ?? path, builder, secret, cancel);
                ArchiveOutput.Show(context, manifest, secret, parsed.GetValue(json));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        });
        return command;
    }

    private static async Task<PatchsetBuilder> UnpackAsync(string path, string folder, CliContext context, CancellationToken cancel)
    {
        await using var file = ArchiveFile.Open(path);
        var staged = await PatchsetArchive.UnpackAsync(
            file, folder, TrustedKeys.None, PatchsetLimits.Default, context.Time.GetUtcNow(), cancel);
        var builder = new PatchsetBuilder(staged.Manifest);
        foreach (var target in staged.Manifest.Targets)
        {
            builder.AddTarget(target);
            var place = Path.Combine(folder, target.Id, target.Level.ToString(System.Globalization.CultureInfo.InvariantCulture));
            foreach (var name in PatchDescription.Of(staged.Manifest, target).Files.Keys)
                builder.AddFile(target.Id, name, () => File.OpenRead(Path.Combine(place, name)));
        }

        return builder;
    }
}
