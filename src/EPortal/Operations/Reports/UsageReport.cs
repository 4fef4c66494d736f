using System.Text.Json;
using System.Text.Json.Serialization;
using EPortal.Data;

namespace EPortal.Operations.Reports;

/// <summary>
/// What a portal tells its patch source of how it is used; docs/usage-reports.md explains each field.
/// </summary>
internal sealed record UsageReport
{
    /// <summary>The form described there.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Bytes that one may have as JSON.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>Portals behind this one that it may tell of.</summary>
    public const int MaxFollowers = 500;

    /// <summary>Distributions that it may tell of.</summary>
    public const int MaxDistros = 50;

    public required int Format { get; init; }
    public required string Instance { get; init; }
    public required long Number { get; init; }
    public required DateTimeOffset Made { get; init; }
    public required string Version { get; init; }
    public string? Host { get; init; }
    public required long Feeds { get; init; }
    public required long Keys { get; init; }
    public required ReportedServers Servers { get; init; }
    public required IReadOnlyList<ReportedProduct> Products { get; init; }
    public IReadOnlyList<ReportedDistro> Distros { get; init; } = [];
    public IReadOnlyList<UsageReport> Followers { get; init; } = [];

    /// <summary>The JSON, in ASCII and short lines, so that mail carries it as it is.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, UsageReportJson.Default.UsageReport);

    /// <summary>Reads what another portal sent.</summary>
    /// <exception cref="RefusedException">It is none.</exception>
    public static UsageReport Read(ReadOnlySpan<byte> json)
    {
        try
        {
            if (
                JsonSerializer.Deserialize(json, UsageReportJson.Default.UsageReport) is { } report
                && report.IsSound(true)
            )
                return report;
        }
        catch (JsonException)
        {
            // Told below.
        }

        throw new RefusedException(Refusal.Invalid, "the request body is no usage report of format 1");
    }

    private bool IsSound(bool mayHaveFollowers) =>
        Format == CurrentFormat
        && IsName(Instance, 128)
        && Number >= 0
        && Made.Year is >= 2000 and < 10_000
        && IsText(Version, 64)
        && (Host is null || IsText(Host, 255))
        && Feeds >= 0
        && Keys >= 0
        && Servers.IsSound
        && Products.Count <= 16
        // Lists may hold nulls whatever their type says.
        && Products.All(one => one is not null && IsName(one.Product, 32) && one.Servers >= 0 && one.Patchsets >= 0)
        && Distros.Count <= MaxDistros
        && Distros.All(one => one is not null && IsText(one.Distro, 64) && IsText(one.Version, 64) && one.Servers >= 0)
        && Followers.Count <= (mayHaveFollowers ? MaxFollowers : 0)
        && Followers.All(follower => follower is not null && follower.IsSound(false));

    private static bool IsName(string text, int max) =>
        text.Length > 0 && text.Length <= max && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private static bool IsText(string text, int max) => text.Length <= max && !text.Any(char.IsControl);
}

/// <summary>Servers by status; active ones checked in within 48 hours.</summary>
internal sealed record ReportedServers(
    long Total,
    long Active,
    long UpToDate,
    long Outdated,
    long Unsupported,
    long Inactive
)
{
    /// <summary>Whether it may be so.</summary>
    [JsonIgnore]
    public bool IsSound =>
        Math.Min(Math.Min(Total, Active), Math.Min(UpToDate, Outdated)) >= 0 && Math.Min(Unsupported, Inactive) >= 0;
}

/// <summary>A product: servers whose key allows it, and patchsets that are here.</summary>
internal sealed record ReportedProduct(string Product, long Servers, long Patchsets);

/// <summary>Servers of one distribution.</summary>
internal sealed record ReportedDistro(string Distro, string Version, long Servers);

/// <summary>What <c>report --json</c> prints: how a report went; one that is pending is tried again.</summary>
internal sealed record SentReport(long Number, string? Way, bool Pending, string? Error);

/// <summary>Their JSON.</summary>
[JsonSerializable(typeof(UsageReport))]
[JsonSerializable(typeof(SentReport))]
[JsonSerializable(typeof(IReadOnlyList<FollowerReport>))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    WriteIndented = true,
    MaxDepth = 8
)]
internal sealed partial class UsageReportJson : JsonSerializerContext;
