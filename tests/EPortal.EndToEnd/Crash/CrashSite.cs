using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using EPortal.AgentClient;
using EPortal.EndToEnd.Portal;
using EPortal.Format;
using Microsoft.Data.Sqlite;
using Shouldly;

namespace EPortal.EndToEnd.Crash;

/// <summary>A portal with archives that are large enough for a kill to fall into their deploy.</summary>
internal sealed class CrashSite : IDisposable
{
    /// <summary>Patchsets <c>K1</c> to <c>K5</c> hold levels 1 to 5 of each of <see cref="Targets"/>.</summary>
    public const int Patchsets = 5;

    public const string Key = "crash";
    private const int PayloadBytes = 1_000_000;

    private readonly MinisignSecretKey _vendor = MinisignSecretKey.Generate();

    private string Staging => Path.Combine(Installation.DataDir, "resources", ".staging");

    /// <summary>Kernel ids.</summary>
    public static IReadOnlyList<string> Targets { get; } = [.. "abc".Select(digit => new string(digit, 40))];

    public PortalInstallation Installation { get; } = new();

    public TrustedKeys Trusted => new([_vendor.PublicKey]);

    public static string NameOf(int n) => $"K{n}";

    public string ArchiveOf(int n) => Installation.PathOf($"{NameOf(n)}.archive");

    /// <summary>A client as agents have it, which tries once, so that an answer that did not come is seen.</summary>
    public static PortalClient ClientOf(HttpClient http, PortalProcess portal, string? id = null) =>
        new(
            http,
            new PortalOptions
            {
                PatchServer = portal.Address,
                RegistrationUrl = new Uri(portal.Address, "admin/api/kcare"),
                ServerId = id,
                Attempts = 1,
            }
        );

    public static HttpClient CreateHttp() =>
        PortalClient.CreateHttpClient(new ProductInfoHeaderValue("crash-test", "1"));

    public async Task PrepareAsync()
    {
        Installation.Environment["EPORTAL_TRUSTED_KEYS"] = $"['{_vendor.PublicKey.ToText("vendor").Split('\n')[1]}']";
        Installation.Environment["EPORTAL_REGISTER_RATE_LIMIT"] = "0";
        Installation.Environment["EPORTAL_SERVER_CHANGES_PER_HOUR"] = "0";
        for (var n = 1; n <= Patchsets; n++)
            await BuildAsync(n);
        await Installation.DoAsync("key", "-a", Key);
    }

    /// <summary>Rows of a command that prints JSON.</summary>
    public async Task<IReadOnlyList<JsonElement>> RowsAsync(params string[] command)
    {
        using var rows = JsonDocument.Parse(await Installation.DoAsync([.. command, "--json"]));
        return [.. rows.RootElement.EnumerateArray().Select(row => row.Clone())];
    }

    /// <summary>
    /// Waits until a deploy has unpacked nearly all: from here to its end lie the steps that must not be torn apart.
    /// </summary>
    public Task DeployIsNearItsEndAsync() =>
        Eventually.IsTrueAsync(
            "a deploy is near its end",
            () =>
                Task.FromResult(
                    Directory.Exists(Staging)
                        && Directory
                            .EnumerateDirectories(Staging)
                            .Any(folder => Directory.Exists(Path.Combine(folder, "unpacked", Targets[^1])))
                ),
            TimeSpan.FromMilliseconds(1)
        );

    /// <summary>What deploys that are under way, or were killed, have in staging.</summary>
    public int Staged() => Directory.Exists(Staging) ? Directory.GetFileSystemEntries(Staging).Length : 0;

    /// <summary>The database's own checks find nothing.</summary>
    public void DatabaseShouldBeSound()
    {
        using var database = Open();
        using var check = database.CreateCommand();
        check.CommandText = "PRAGMA integrity_check";
        check.ExecuteScalar().ShouldBe("ok");
        check.CommandText = "PRAGMA foreign_key_check";
        check.ExecuteScalar().ShouldBeNull();
    }

    /// <summary>Waits until all that hosts were acknowledged is in the rows that lists are made of.</summary>
    public Task HasCaughtUpAsync() =>
        Eventually.IsTrueAsync(
            "lists have caught up",
            () =>
            {
                using var database = Open();
                using var waiting = database.CreateCommand();
                waiting.CommandText =
                    "SELECT (SELECT count(*) FROM checkin_log) + (SELECT coalesce((SELECT max(local) FROM server), 0) - coalesce((SELECT max(server) FROM server_search), 0))";
                return Task.FromResult((long)waiting.ExecuteScalar()! == 0);
            }
        );

    /// <summary>Nothing that was staged stays once another deploy has been there.</summary>
    public async Task ShouldBeTidyAsync()
    {
        await Installation.DoAsync("kcare", "deploy", ArchiveOf(1));
        Staged().ShouldBe(0, "a deploy sweeps what killed ones left");
    }

    public void Dispose() => Installation.Dispose();

    private SqliteConnection Open()
    {
        var database = new SqliteConnection(
            $"Data Source={Path.Combine(Installation.DataDir, "eportal.sqlite")};Pooling=False"
        );
        database.Open();
        return database;
    }

    private async Task BuildAsync(int n)
    {
        var builder = new PatchsetBuilder(
            new Manifest
            {
                Name = NameOf(n),
                Product = Product.Kernel,
                Released = DateTimeOffset.Parse($"2026-01-0{n}T00:00:00Z", CultureInfo.InvariantCulture),
                Targets = [],
            }
        );
        foreach (var target in Targets)
        {
            builder.AddTarget(
                new ManifestTarget
                {
                    Id = target,
                    Level = n,
                    Files = new Dictionary<string, FileEntry>(),
                }
            );
            builder.AddFile(target, "kpatch.bin", RandomNumberGenerator.GetBytes(PayloadBytes));
        }

        // A compressed archive takes its time to unpack, a plain one to copy.
        await using var archive = File.Create(ArchiveOf(n));
        await builder.WriteAsync(
            archive,
            n % 2 == 0 ? Compression.Bzip2 : Compression.None,
            _vendor,
            CancellationToken.None
        );
    }
}
