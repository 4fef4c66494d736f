using System.CommandLine;
using System.Text.Json.Serialization;
using EPortal.Cli;
using EPortal.Hosting;

namespace EPortal.Backup;

/// <summary><c>kc.eportal database upgrade</c>.</summary>
internal static partial class DatabaseCommands
{
    /// <summary>The command.</summary>
    public static Command Create(CliContext context) => new("database", "upgrade the database") { Upgrade(context) };

    private static Command Upgrade(CliContext context)
    {
        var json = CliOptions.Json();
        var command = new Command(
            "upgrade",
            """
            bring the database up to this version

            The portal does this itself when it starts. The database is copied beside itself first, and the last two
            copies are kept.
            """
        )
        {
            json,
        };
        command.SetAction(
            async (parsed, _) =>
            {
                await using var portal = context.OpenPortal();
                var copy = portal.Database.UpgradeCopy;
                context.Result(
                    parsed.GetValue(json),
                    new UpgradeRow(copy is not null, copy),
                    UpgradeJson.Default.UpgradeRow,
                    copy is null
                        ? "the database is up to date"
                        : $"the database was upgraded; as it was before it is kept in {copy}"
                );
            }
        );
        return command;
    }

    /// <summary>What was done, for programs.</summary>
    internal sealed record UpgradeRow(bool Upgraded, string? Copy);

    [JsonSerializable(typeof(UpgradeRow))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class UpgradeJson : JsonSerializerContext;
}
