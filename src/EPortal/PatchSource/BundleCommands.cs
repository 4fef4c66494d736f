using System.CommandLine;
using System.Text.Json.Serialization;
using EPortal.Blobs;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Format;
using EPortal.Hosting;
using EPortal.Patchsets;

namespace EPortal.PatchSource;

/// <summary><c>kc.eportal bundle export|import|have</c>: patchsets for portals that reach no patch source.</summary>
internal static partial class BundleCommands
{
    /// <summary>The command.</summary>
    public static Command Create(CliContext context) =>
        new("bundle", "move patchsets to portals without access to a patch source")
        {
            Export(context),
            Import(context),
            Have(context),
        };

    private static Command Export(CliContext context)
    {
        var file = CliOptions.Required("file", "bundle to write");
        var since = CliOptions.Value<string>("only patchsets added after this bundle", "--since");
        since.HelpName = "BUNDLE";
        var have = CliOptions.Value<string>(
            "only patchsets missing in this list, printed by `bundle have` on the other portal",
            "--have"
        );
        have.HelpName = "LIST";
        var key = ArchiveKeys.SecretOption();
        var json = CliOptions.Json();
        var command = new Command(
            "export",
            """
            export patchsets to one signed file

            Without --key the portal signs with its own key. The importing portal must trust that key if it pins keys.

            example:
              kc.eportal bundle export --since /mnt/last.bundle /mnt/next.bundle
            """
        )
        {
            file,
            since,
            have,
            key,
            json,
        };
        command.Validators.Add(result =>
        {
            if (result.IsGiven(since) && result.IsGiven(have))
                result.AddError("use only one of --since and --have");
        });
        command.SetAction(
            async (parsed, cancel) =>
            {
                var lacksNot = await KnownThere(parsed.GetValue(since), parsed.GetValue(have), cancel);
                var secret = await ArchiveKeys.ReadSecretAsync(context, parsed.GetValue(key));
                // Opened before the data folder, where the program may drop the rights needed to write this file.
                using var output = context.BeginFile(parsed.GetValue(file)!);
                await using var portal = context.OpenPortal();
                secret ??= portal.Signer.Own;
                CliProgress? progress = null;
                var contents = await new BundleExport(portal.Database, portal.Folders, portal.Time).Write(
                    output.Content,
                    lacksNot,
                    secret,
                    total => progress = new CliProgress(context, "writing", total),
                    cancel
                );
                output.Keep();
                progress?.Dispose();
                context.Note(
                    $"signed by {secret.PublicKey.KeyId}; TRUSTED_KEYS of the importing portal: '{secret.PublicKey}'"
                );
                context.Result(
                    parsed.GetValue(json),
                    new ExportRow([.. contents.Patchsets.Select(entry => entry.Name)], secret.PublicKey.ToString()),
                    BundleOutputJson.Default.ExportRow,
                    $"{Plural.Were(contents.Patchsets.Count, "patchset")} written to {parsed.GetValue(file)}"
                );
            }
        );
        return command;
    }

    private static Command Import(CliContext context)
    {
        var file = CliOptions.Required("file", "bundle to read");
        var json = CliOptions.Json();
        var command = new Command(
            "import",
            """
            import a bundle, all of it or nothing

            Nothing is enabled: automatic feeds enable what is due; use `PRODUCT enable --upto` or the console for the rest.
            """
        )
        {
            file,
            json,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                // Opened before the data folder, where the program may drop the rights needed to read this file.
                await using var bundle = ArchiveFile.Open(parsed.GetValue(file)!, "a bundle");
                await using var portal = context.OpenPortal();
                using var progress = new CliProgress(context, Path.GetFileName(parsed.GetValue(file)!), bundle.Length);
                var import = new BundleImport(
                    portal.Database,
                    portal.Patchsets,
                    portal.Signer.Trusted,
                    Portal.LimitsOf(portal.Settings),
                    portal.Time
                );
                var report = await import.Run(context.Operator(), new ProgressStream(bundle, progress), cancel);
                progress.Dispose();
                Show(context, report, parsed.GetValue(json));
            }
        );
        return command;
    }

    private static Command Have(CliContext context)
    {
        var json = CliOptions.Json();
        var command = new Command(
            "have",
            "list the patchsets of this portal, for `bundle export --have` on the other portal"
        )
        {
            json,
        };
        command.SetAction(
            async (parsed, _) =>
            {
                await using var portal = context.OpenPortal();
                var known = new BundleExport(portal.Database, portal.Folders, portal.Time).Known();
                if (parsed.GetValue(json))
                    context.Json([.. known.Select(HaveRow.From)], BundleOutputJson.Default.HaveRowArray);
                else
                    foreach (var (product, name, sha256) in known)
                        context.Line($"{product.Token()} {name} {sha256}");
            }
        );
        return command;
    }

    private static async Task<IReadOnlySet<PatchsetReference>> KnownThere(
        string? since,
        string? list,
        CancellationToken cancel
    )
    {
        if (list is not null)
            return ArchiveFile
                .ReadText(list)
                .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(line => ReadKnown(list, line))
                .ToHashSet();
        if (since is null)
            return new HashSet<PatchsetReference>();
        await using var bundle = ArchiveFile.Open(since, "a bundle");
        return (await Bundle.ReadContentsAsync(bundle, TrustedKeys.None, cancel)).Known.ToHashSet();
    }

    private static PatchsetReference ReadKnown(string list, string line) =>
        line.Split(' ') is [var token, var name, var sha256] && Products.TryParse(token, out var product)
            ? new PatchsetReference(product, name, sha256)
            : throw new CliException($"invalid line '{line}' in {list}: use the output of `kc.eportal bundle have`");

    private static void Show(CliContext context, ImportReport report, bool json)
    {
        if (report.IndexRefused is { } reason)
            context.Note($"warning: the index in the bundle was not imported: {reason}");
        if (json)
        {
            context.Json(
                new ImportRow(report.New, report.Known, report.IndexRefused),
                BundleOutputJson.Default.ImportRow
            );
            return;
        }

        foreach (var name in report.New)
            context.Line($"{name} was imported");
        if (report.Known.Count > 0)
            context.Line($"{Plural.Were(report.Known.Count, "patchset")} already here");
        if (report.New.Count + report.Known.Count == 0)
            context.Line("the bundle is empty");
    }

    /// <summary>What an export wrote, for programs.</summary>
    internal sealed record ExportRow(IReadOnlyList<string> Patchsets, string Key);

    /// <summary>What an import brought, for programs.</summary>
    internal sealed record ImportRow(IReadOnlyList<string> Imported, IReadOnlyList<string> Known, string? IndexRefused);

    /// <summary>A patchset that is here, for programs.</summary>
    internal sealed record HaveRow(string Product, string Patchset, string ManifestSha256)
    {
        public static HaveRow From(PatchsetReference known) =>
            new(known.Product.Token(), known.Name, known.ManifestSha256);
    }

    [JsonSerializable(typeof(ExportRow))]
    [JsonSerializable(typeof(ImportRow))]
    [JsonSerializable(typeof(HaveRow[]))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class BundleOutputJson : JsonSerializerContext;
}
