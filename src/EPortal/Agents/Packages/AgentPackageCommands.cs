using System.CommandLine;
using System.Text.Json.Serialization;
using EPortal.Cli;
using EPortal.Hosting;
using EPortal.Patchsets;

namespace EPortal.Agents.Packages;

/// <summary><c>kc.eportal agent list|import|delete</c>: the agent's packages that this portal hands out.</summary>
internal static partial class AgentPackageCommands
{
    /// <summary>The command.</summary>
    public static Command Create(CliContext context) =>
        new("agent", "manage the agent packages that hosts install from this portal")
        {
            List(context),
            Import(context),
            Delete(context),
        };

    private static Command List(CliContext context)
    {
        var json = CliOptions.Json();
        var command = new Command("list", "list agent packages") { json };
        command.SetAction(
            async (parsed, _) =>
            {
                await using var portal = context.OpenPortal();
                var list = portal.AgentPackages.List();
                foreach (var damaged in list.Damaged)
                    context.Note($"warning: left out: {damaged}");
                if (parsed.GetValue(json))
                {
                    context.Json([.. list.Packages.Select(Row)], AgentPackageJson.Default.AgentPackageRowArray);
                    return;
                }

                var table = new CliTable("Package", "Version", "Architecture", CliColumn.Number("Size"), "From")
                {
                    Empty = "no agent packages; import one with `kc.eportal agent import FILE`",
                };
                foreach (var row in list.Packages.Select(Row))
                    table.Add(row.Package, row.Version, row.Architecture, row.Size, row.From);
                table.Write(context);
            }
        );
        return command;
    }

    private static Command Import(CliContext context)
    {
        var file = CliOptions.Required("file", "package kernelcare, .deb or .rpm");
        var json = CliOptions.Json();
        var command = new Command(
            "import",
            """
            import an agent package, for hosts to install

            example:
              kc.eportal agent import kernelcare_0.2.0-1_amd64.deb
            """
        )
        {
            file,
            json,
        };
        command.SetAction(
            async (parsed, _) =>
            {
                // Opened before the data folder, where the program may drop the rights needed to read this file.
                await using var content = ArchiveFile.Open(parsed.GetValue(file)!, "a package");
                await using var portal = context.OpenPortal();
                var (package, isNew) = await portal.AgentPackages.Import(context.Operator(), content);
                context.Result(
                    parsed.GetValue(json),
                    new ImportedRow(package.Name, package.Version, package.Architecture, package.Sha256, isNew),
                    AgentPackageJson.Default.ImportedRow,
                    isNew ? $"{package.Name} was imported" : $"{package.Name} is already here"
                );
            }
        );
        return command;
    }

    private static Command Delete(CliContext context)
    {
        var name = CliOptions.Required("package", "package as `agent list` shows it");
        var (yes, dryRun, json) = (CliOptions.Yes(), CliOptions.DryRun(), CliOptions.Json());
        var command = new Command("delete", "delete an imported agent package; hosts that have it keep it")
        {
            name,
            yes,
            dryRun,
            json,
        };
        command.SetAction(
            async (parsed, _) =>
            {
                await using var portal = context.OpenPortal();
                var package = portal.AgentPackages.Deletable(parsed.GetValue(name)!);
                var deletion = new CliDeletion(
                    context,
                    parsed.GetValue(yes),
                    parsed.GetValue(dryRun),
                    parsed.GetValue(json)
                );
                await deletion.Run(
                    $"Delete {package.Name}?",
                    unattended: true,
                    package,
                    () => portal.AgentPackages.Delete(context.Operator(), package.Name)
                );
                context.Result(
                    deletion.AsJson,
                    new DeletedRow(package.Name, deletion.IsDry),
                    AgentPackageJson.Default.DeletedRow,
                    $"{package.Name} {deletion.Was} deleted"
                );
            }
        );
        return command;
    }

    private static AgentPackageRow Row(AgentPackageHere here) =>
        new(
            here.File.Name,
            here.File.Version,
            here.File.Architecture,
            here.File.Size,
            here.File.Sha256,
            here.IsShipped ? "portal" : "import"
        );

    /// <summary>A package that is here.</summary>
    internal sealed record AgentPackageRow(
        string Package,
        string Version,
        string Architecture,
        long Size,
        string Sha256,
        string From
    );

    /// <summary>A package that was imported, or was here already.</summary>
    internal sealed record ImportedRow(
        string Package,
        string Version,
        string Architecture,
        string Sha256,
        bool Imported
    );

    /// <summary>A package that was deleted.</summary>
    internal sealed record DeletedRow(string Package, bool DryRun);

    [JsonSerializable(typeof(AgentPackageRow[]))]
    [JsonSerializable(typeof(ImportedRow))]
    [JsonSerializable(typeof(DeletedRow))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class AgentPackageJson : JsonSerializerContext;
}
