using System.Security.Cryptography;
using System.Text.Json;
using EPortal.EndToEnd.Portal;
using Shouldly;

namespace EPortal.EndToEnd.Crash;

/// <summary>A portal with archives that are large enough for a kill to fall into their deploy.</summary>
internal sealed class CrashSite : IDisposable
{
    /// <summary>Patchsets <c>K1</c> to <c>K5</c> hold levels 1 to 5 of <see cref="Target"/>.</summary>
    public const int Patchsets = 5;

    public const string Key = "crash";
    private const int PayloadBytes = 1_500_000;

    /// <summary>A kernel id.</summary>
    public static readonly string Target = new('a', 40);

    public PortalInstallation Installation { get; } = new();

    public static string NameOf(int n) => $"K{n}";

    public string ArchiveOf(int n) => Installation.PathOf($"{NameOf(n)}.tar");

    public async Task PrepareAsync()
    {
        await Installation.DoAsync("patchset", "keygen", Installation.PathOf("vendor.key"));
        Installation.Environment["EPORTAL_TRUSTED_KEYS"] = $"['{Installation.PathOf("vendor.key.pub")}']";
        Installation.Environment["EPORTAL_REGISTER_RATE_LIMIT"] = "0";
        for (var n = 1; n <= Patchsets; n++)
        {
            var payload = Installation.PathOf("payload");
            await File.WriteAllBytesAsync(payload, RandomNumberGenerator.GetBytes(PayloadBytes));
            await Installation.DoAsync(
                "patchset", "build", "--name", NameOf(n), "--target", Target, "--level", $"{n}", "--released", $"2026-01-0{n}T00:00:00Z",
                "--key", Installation.PathOf("vendor.key"), ArchiveOf(n), $"kpatch.bin={payload}");
        }

        await Installation.DoAsync("key", "-a", Key);
    }

    /// <summary>Rows of a command that prints JSON.</summary>
    public async Task<IReadOnlyList<JsonElement>> RowsAsync(params string[] command)
    {
        using var rows = JsonDocument.Parse(await Installation.DoAsync([.. command, "--json"]));
        return [.. rows.RootElement.EnumerateArray().Select(row => row.Clone())];
    }

    /// <summary>The database is sound, and nothing that was staged stays once another deploy has been there.</summary>
    public async Task ShouldBeTidyAsync()
    {
        await Installation.DoAsync("kcare", "deploy", ArchiveOf(1));
        var staging = Path.Combine(Installation.DataDir, "resources", ".staging");
        Directory.EnumerateFileSystemEntries(staging).ShouldBeEmpty("a deploy sweeps what killed ones left");
    }

    public void Dispose() => Installation.Dispose();
}
