using System.CommandLine;
using System.Text.Json.Serialization;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Format;
using EPortal.Hosting;

namespace EPortal.Patchsets;

/// <summary><c>kc.eportal patchset verify</c>: makes all the checks of a deploy and changes nothing.</summary>
internal static partial class VerifyCommand
{
    /// <summary>The command.</summary>
    public static Command Create(CliContext context)
    {
        var archive = CliOptions.Required("archive", "archive to check");
        var keys = new Option<string[]>("--key")
        {
            Description = "trusted public key, in base64 or a file; TRUSTED_KEYS by default; can be repeated",
            HelpName = "KEY",
        };
        var json = CliOptions.Json();
        var command = new Command(
            "verify",
            """
            check an archive without deploying it

            example:
              kc.eportal patchset verify --key vendor.pub K20260501_01.tar.bz2
            """
        )
        {
            archive,
            keys,
            json,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var settings = context.Settings;
                var trusted = parsed.GetValue(keys) is { Length: > 0 } given
                    ? new TrustedKeys(given.Select(ArchiveKeys.ReadPublic))
                    : Portal.TrustedKeysOf(settings);
                await using var file = ArchiveFile.OpenOrInput(context, parsed.GetValue(archive)!);
                var staged = await PatchsetArchive.VerifyAsync(
                    file,
                    trusted,
                    Portal.LimitsOf(settings),
                    context.Time.GetUtcNow(),
                    cancel
                );
                var row = new VerifiedRow(
                    staged.Manifest.Name,
                    staged.Manifest.Product.Token(),
                    staged.Manifest.Released,
                    staged.Manifest.Targets.Count,
                    staged.UnpackedBytes,
                    staged.SignedBy?.KeyId
                );
                context.Result(
                    parsed.GetValue(json),
                    row,
                    VerifyCommandJson.Default.VerifiedRow,
                    $"{row.Patchset} is valid: {Plural.Of(row.Targets, "target")}, {Plural.Of(row.Bytes, "byte")}, {Signature(row)}"
                );
            }
        );
        return command;
    }

    private static string Signature(VerifiedRow row) =>
        row.SignedBy is null ? "signatures not checked, no key is trusted" : $"signed by {row.SignedBy}";

    /// <summary>What an archive holds, for programs.</summary>
    internal sealed record VerifiedRow(
        string Patchset,
        string Product,
        DateTimeOffset Released,
        int Targets,
        long Bytes,
        string? SignedBy
    );

    [JsonSerializable(typeof(VerifiedRow))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    private sealed partial class VerifyCommandJson : JsonSerializerContext;
}
