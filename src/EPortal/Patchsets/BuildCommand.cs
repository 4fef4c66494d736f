using System.CommandLine;
using System.Globalization;
using EPortal.Cli;
using EPortal.Format;

namespace EPortal.Patchsets;

/// <summary><c>kc.eportal patchset build</c>: makes an archive of one patch from its files.</summary>
internal static class BuildCommand
{
    /// <summary>The command.</summary>
    public static Command Create(CliContext context)
    {
        var archive = CliOptions.Required("archive", "archive to write, .tar, .tar.gz, .tar.bz2 or .tar.zst");
        var files = new Argument<string[]>("name=file")
        {
            Description = "files of the patch; kpatch.bin is the live patch module",
            Arity = ArgumentArity.OneOrMore,
        };
        var name = Needed("--name", "name of the patchset");
        var product = CliOptions.Choice(
            "product (kernel by default)",
            [.. Products.All.Select(p => p.Token())],
            "--product"
        );
        var target = Needed(
            "--target",
            "kernel id or build-id; @FILE computes the kernel id from a copy of /proc/version"
        );
        var level = new Option<int>("--level") { Description = "level of the patch, from 1", Required = true };
        var texts = new BuildTexts();
        var key = ArchiveKeys.SecretOption();
        var json = CliOptions.Json();
        var command = new Command(
            "build",
            """
            build a patchset of one patch

            example:
              kc.eportal patchset build --name K20260501_01 --target @/proc/version --level 1 \
                --key vendor.key K20260501_01.tar.bz2 kpatch.bin=livepatch.ko
            """
        )
        {
            archive,
            files,
            name,
            product,
            target,
            level,
        };
        texts.AddTo(command);
        command.Options.Add(key);
        command.Options.Add(json);
        command.SetAction(
            async (parsed, cancel) =>
            {
                var patched = Products.All.Single(known =>
                    known.Token() == (parsed.GetValue(product) ?? Product.Kernel.Token())
                );
                var head = texts.Head(parsed, parsed.GetValue(name)!, patched, context.Time);
                var builder = new PatchsetBuilder(head);
                var patch = texts.Target(parsed, TargetOf(parsed.GetValue(target)!), parsed.GetValue(level));
                builder.AddTarget(patch);
                AddFiles(builder, head, patch, parsed.GetValue(files)!);
                var secret = await ArchiveKeys.ReadSecretAsync(context, parsed.GetValue(key));
                var manifest = await ArchiveFile.WriteAsync(parsed.GetValue(archive)!, builder, secret, cancel);
                ArchiveOutput.Show(context, manifest, secret, parsed.GetValue(json));
            }
        );
        return command;
    }

    private static Option<string> Needed(string name, string description) =>
        new(name) { Description = description, Required = true };

    private static string TargetOf(string text) =>
        text.StartsWith('@') ? KernelId.FromProcVersion(ArchiveFile.ReadBytes(text[1..])) : text;

    private static void AddFiles(PatchsetBuilder builder, Manifest head, ManifestTarget target, string[] files)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var pair in files)
        {
            if (pair.Split('=', 2) is not [var name, var path] || !PatchFileName.IsValid(name) || !names.Add(name))
                throw new CliException($"invalid file '{pair}': use NAME=FILE, each name once");
            // Checked before the archive is started; it is opened for each pass.
            ArchiveFile.Open(path, "a file").Dispose();
            builder.AddFile(target.Id, name, () => ArchiveFile.Open(path, "a file"));
        }

        // Agents and scanners read it, so every kernel patch has one.
        if (head.Product == Product.Kernel && !names.Contains(KpatchInfo.FileName))
            builder.AddFile(
                target.Id,
                KpatchInfo.FileName,
                System.Text.Encoding.UTF8.GetBytes(Info(head, target).ToText())
            );
    }

    private static KpatchInfo Info(Manifest head, ManifestTarget target) =>
        new()
        {
            Os = target.Distro ?? "",
            Kernel = target.Release ?? "",
            Time = head.Released.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
            Uname = target.Euname ?? "",
            Fixes =
            [
                new KpatchFix
                {
                    Name = head.Name,
                    Description = head.Summary,
                    Kernel = target.Euname ?? "",
                    Cve = target.Cves.Count == 0 ? "N/A" : string.Join(", ", target.Cves),
                    Cvss = "N/A",
                    CveUrl = "N/A",
                    PatchUrl = "N/A",
                },
            ],
        };
}
