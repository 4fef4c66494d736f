using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using EPortal.EndToEnd.Portal;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Supply;

/// <summary>
/// Everything that goes wrong between a portal and its source, on real programs, and the table of it in docs/faults.md.
/// A portal serves all the while, and after each fault every byte that it offers is compared with what the vendor made.
/// </summary>
public sealed partial class FaultTableTests : IAsyncLifetime
{
    /// <summary>Set to 1, the table is written instead of compared.</summary>
    private const string Write = "EPORTAL_WRITE_FAULTS";

    private const string Document = "docs/faults.md";

    private const string Patience = "EPORTAL_PATCH_SOURCE_TIMEOUT";

    private readonly PortalInstallation _installation = new();
    private readonly SmallDisk _disk;
    private readonly Vendor _vendor;
    private readonly StringBuilder _table = new();
    private FaultyServer _source = null!;
    private PortalProcess _portal = null!;
    private HttpClient _http = null!;
    private string _host = "";
    private int _level;

    public FaultTableTests()
    {
        _vendor = new Vendor(_installation);
        _disk = SmallDisk.MountOrSkip(_installation.PathOf("disk"), "64m");
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Newest => $"K{_level}";

    private string Archive => $"archives/{Newest}.tar.gz";

    public async ValueTask InitializeAsync()
    {
        await PublishAsync();
        _source = new FaultyServer(_vendor.Repository);
        _vendor.Pin(_installation);
        _installation.Environment["EPORTAL_PATCHES_DIR"] = $"'{_installation.PathOf("disk")}'";
        _installation.Environment["EPORTAL_PATCH_SOURCE_URL"] = $"http://127.0.0.1:{_source.Port}/";
        _installation.Environment["EPORTAL_AUTO_UPDATE_PERIOD"] = "None";
        await _installation.DoAsync("kcare", "update");
        await _installation.DoAsync("key", "-a", "fleet");
        _portal = await _installation.ServeAsync();
        _http = new HttpClient { BaseAddress = _portal.Address };
        _host = await _http.RegisterAsync("fleet");
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _portal.DisposeAsync();
        await _source.DisposeAsync();
        _disk.Dispose();
        _installation.Dispose();
    }

    [Fact]
    public async Task Whatever_goes_wrong_is_said_nothing_wrong_is_served_and_the_next_sync_puts_it_right()
    {
        for (var tenth = 0; tenth < 10; tenth++)
            await CutAsync(tenth);
        await ArchiveFaultsAsync();
        await IndexFaultsAsync();
        await KillsAsync();

        var path = Path.Combine(Programs.Repository, Document);
        var (before, table, after) = Parts(await File.ReadAllTextAsync(path, Cancellation));
        if (Environment.GetEnvironmentVariable(Write) == "1")
            await File.WriteAllTextAsync(path, before + _table + after, Cancellation);
        else
            table
                .Split('\n')
                .ShouldBe(_table.ToString().Split('\n'), $"run this test with {Write}=1 and read what changed");
    }

    /// <summary>A download that is cut goes on within the same sync.</summary>
    private async Task CutAsync(int tenth)
    {
        await PublishAsync();
        var (cut, asked) = (false, _source.Asked.Count);
        _source.Fault = async exchange =>
        {
            if (cut || exchange.Path != Archive)
                return false;
            cut = true;
            await exchange.UpToAsync(exchange.Content!.Length * tenth / 10);
            return true;
        };
        var said = Said(await _installation.TryAsync("kcare", "update"));
        var from = _source
            .Asked.Skip(asked)
            .Where(request => request.Path == Archive)
            .Select(request => request.From)
            .ToList();
        var size = new FileInfo(Path.Combine(_vendor.Repository, Archive)).Length;
        from.ShouldBe([0, size * tenth / 10]);
        await EndAsync($"connection cut after {tenth} tenths of an archive", $"{said} (Resumed at {tenth} tenths.)");
    }

    private async Task ArchiveFaultsAsync()
    {
        await RowAsync("500 for an archive", OnArchive(exchange => exchange.HeadAsync("500 Internal Server Error", 0)));
        await RowAsync("an archive that is not there", OnArchive(exchange => exchange.HeadAsync("404 Not Found", 0)));
        await RowAsync(
            "an archive a byte too long",
            OnArchive(exchange => (exchange with { Content = [.. exchange.Content!, 0] }).AnswerAsync())
        );
        await RowAsync(
            "an archive a byte too short",
            OnArchive(exchange => (exchange with { Content = exchange.Content![..^1] }).AnswerAsync())
        );
        await RowAsync(
            "other bytes of the same length",
            OnArchive(exchange =>
                (exchange with { Content = [.. exchange.Content![..^9], 1, 2, 3, 4, 5, 6, 7, 8, 9] }).AnswerAsync()
            )
        );
        await RowAsync(
            "another patchset's archive",
            OnArchive(exchange =>
                (
                    exchange with
                    {
                        Content = File.ReadAllBytes(Path.Combine(_vendor.Repository, "archives/K1.tar.gz")),
                    }
                ).AnswerAsync()
            )
        );
        await RowAsync(
            "silence in the middle of an archive",
            OnArchive(exchange => exchange.UpToAsync(10_000, hold: true)),
            patience: 1
        );
        await RowAsync(
            "a drip of 2 kB a second",
            OnArchive(async exchange =>
            {
                await exchange.HeadAsync("200 OK", exchange.Content!.Length);
                using var drip = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
                for (var at = 0; await drip.WaitForNextTickAsync(exchange.Ending); at += 100)
                    await exchange.Out.WriteAsync(exchange.Content.AsMemory(at, 100), exchange.Ending);
            }),
            patience: 3
        );
        await PublishAsync();
        _disk.Fill();
        var said = Said(await _installation.TryAsync("kcare", "update"));
        await ServesAsync(_level - 1);
        _disk.Free();
        await EndAsync("disk full", said);
    }

    private async Task IndexFaultsAsync()
    {
        var older = new[] { "index.json", "index.json.minisig" }.ToDictionary(
            name => name,
            name => File.ReadAllBytes(Path.Combine(_vendor.Repository, name))
        );
        await RowAsync(
            "500 for the index",
            On("index.json", exchange => exchange.HeadAsync("500 Internal Server Error", 0))
        );
        await RowAsync(
            "a web page in place of the index",
            On(
                "index.json",
                async exchange =>
                {
                    await exchange.HeadAsync("200 OK", 27, "Content-Type: text/html\r\n");
                    await exchange.Out.WriteAsync("<html>please log in</html>\n"u8.ToArray(), exchange.Ending);
                }
            )
        );
        await RowAsync(
            "a redirect to another host",
            On("index.json", exchange => exchange.HeadAsync("302 Found", 0, "Location: http://192.0.2.1/\r\n"))
        );
        await RowAsync(
            "an index without signature",
            On("index.json.minisig", exchange => exchange.HeadAsync("404 Not Found", 0))
        );
        await RowAsync(
            "rolled back to an older index",
            async exchange =>
            {
                if (!older.TryGetValue(exchange.Path, out var old))
                    return false;
                await (exchange with { Content = old }).AnswerAsync();
                return true;
            }
        );
        await RowAsync(
            "an index past its expiry",
            await SignedAsync(index => Expires().Replace(index, "\"expires\": \"2026-01-01T00:00:00Z\""))
        );
        await RowAsync(
            "two indexes of one version",
            null,
            async () =>
            {
                await _installation.DoAsync("cache-mode", "--fetch-meta");
                _source.Fault = await SignedAsync(index =>
                    index.Replace("\"channel\": \"default\"", "\"channel\": \"test\"", StringComparison.Ordinal)
                );
            }
        );
        await KeyAsync();
    }

    /// <summary>The vendor signs with a new key; the portal learns of it later.</summary>
    private async Task KeyAsync()
    {
        await PublishAsync();
        await _installation.DoAsync("patchset", "keygen", _installation.PathOf("next.key"));
        await _installation.DoAsync(
            "repository",
            "build",
            "--key",
            _installation.PathOf("next.key"),
            _vendor.Repository
        );
        var said = Said(await _installation.TryAsync("kcare", "update"));
        await ServesAsync(_level - 1);
        _vendor.Pin(_installation, _installation.PathOf("next.key.pub"));
        await EndAsync("key rotated, the new one not pinned", said);
    }

    /// <summary>The power goes while a sync is at some place.</summary>
    private async Task KillsAsync()
    {
        await KillAsync("at the index", "index.json", 1.0 / 2);
        await KillAsync("at the first byte of an archive", null, 0);
        await KillAsync("in the middle of an archive", null, 1.0 / 2);
        await KillAsync("before the last byte of an archive", null, 1);
    }

    private async Task KillAsync(string where, string? path, double share)
    {
        await PublishAsync();
        var reached = new TaskCompletionSource();
        _source.Fault = async exchange =>
        {
            if (exchange.Path != (path ?? Archive))
                return false;
            await exchange.UpToAsync((long)((exchange.Content!.Length - 1) * share), hold: true, reached);
            return true;
        };
        using var update = Process.Start(_installation.Start(Programs.Command, ["kcare", "update"]))!;
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        var (asked, size) = (_source.Asked.Count, new FileInfo(Path.Combine(_vendor.Repository, Archive)).Length);
        var kept = path is null ? (long)((size - 1) * share) : 0;
        await Eventually.IsTrueAsync(
            "what was sent has been written",
            () =>
                Task.FromResult(
                    kept
                        == Directory
                            .EnumerateFiles(_installation.PathOf("disk/cache/source"), "*.part")
                            .Sum(part => new FileInfo(part).Length)
                )
        );
        update.Kill();
        await update.WaitForExitAsync(Cancellation);
        await ServesAsync(_level - 1);
        await EndAsync($"kill -9 {where}", "nothing");
        _source
            .Asked.Skip(asked)
            .Single(request => request.Path == Archive)
            .From.ShouldBe(kept, "what had come was not fetched again");
    }

    private Func<Exchange, Task<bool>> OnArchive(Func<Exchange, Task> answer) => On(null, answer);

    private Func<Exchange, Task<bool>> On(string? path, Func<Exchange, Task> answer) =>
        async exchange =>
        {
            if (exchange.Path != (path ?? Archive))
                return false;
            await answer(exchange);
            return true;
        };

    /// <summary>Serves another index, which the vendor's key signed.</summary>
    private async Task<Func<Exchange, Task<bool>>> SignedAsync(Func<string, string> change)
    {
        var file = _installation.PathOf("changed/index.json");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var done = false;
        return async exchange =>
        {
            if (!exchange.Path.StartsWith("index.json", StringComparison.Ordinal))
                return false;
            if (!done)
            {
                await File.WriteAllTextAsync(
                    file,
                    change(
                        await File.ReadAllTextAsync(Path.Combine(_vendor.Repository, "index.json"), exchange.Ending)
                    ),
                    exchange.Ending
                );
                (
                    await _installation.RunAsync(
                        "/usr/bin/minisign",
                        "-S",
                        "-s",
                        _installation.PathOf("vendor.key"),
                        "-m",
                        file
                    )
                ).ExitCode.ShouldBe(0);
                done = true;
            }

            await (
                exchange with
                {
                    Content = await File.ReadAllBytesAsync(
                        Path.Combine(_installation.PathOf("changed"), exchange.Path),
                        exchange.Ending
                    ),
                }
            ).AnswerAsync();
            return true;
        };
    }

    /// <summary>
    /// A fault that stays until the sync has given up. Where no <paramref name="patience"/> in seconds is told, it is
    /// long: a busy machine must not look like a silent source.
    /// </summary>
    private async Task RowAsync(
        string fault,
        Func<Exchange, Task<bool>>? misbehave,
        Func<Task>? prepare = null,
        int patience = 60
    )
    {
        await PublishAsync();
        _installation.Environment[Patience] = $"{patience}";
        _source.Fault = misbehave;
        if (prepare is not null)
            await prepare();
        var result = await _installation.TryAsync("kcare", "update");
        result.ExitCode.ShouldBe(1, $"{fault}: {result}");
        await ServesAsync(_level - 1);
        await EndAsync(fault, Said(result));
    }

    /// <summary>The fault is over; the next sync brings what was lacking.</summary>
    private async Task EndAsync(string fault, string said)
    {
        _source.Fault = null;
        _installation.Environment.Remove(Patience);
        var again = Said(await _installation.TryAsync("kcare", "update"));
        await ServesAsync(_level);
        _table.Append(CultureInfo.InvariantCulture, $"| {fault} | {said} | {again} |\n");
    }

    private Task PublishAsync() => _vendor.PublishAsync($"K{++_level}", _level);

    /// <summary>The portal offers this level, and every file of it is what the vendor made.</summary>
    private async Task ServesAsync(int level)
    {
        using var answer = await _http.CheckInAsync(_host, "h");
        using var offer = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation));
        offer.RootElement.GetProperty("level").GetInt32().ShouldBe(level);
        foreach (var file in offer.RootElement.GetProperty("files").EnumerateArray())
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, file.GetProperty("url").GetString());
            request.Headers.Authorization = new AuthenticationHeaderValue(
                "Basic",
                Convert.ToBase64String(Encoding.ASCII.GetBytes($"{_host}:kernelcare"))
            );
            using var got = await _http.SendAsync(request, Cancellation);
            var bytes = await got.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(Cancellation);
            Convert.ToHexStringLower(SHA256.HashData(bytes)).ShouldBe(file.GetProperty("sha256").GetString());
            if (file.GetProperty("name").GetString() == "kpatch.bin")
                bytes.ShouldBe(await File.ReadAllBytesAsync(_installation.PathOf($"K{level}.payload"), Cancellation));
        }
    }

    /// <summary>What a command told, without its progress and without numbers that differ from row to row.</summary>
    private static string Said(CommandResult result) =>
        Numbers()
            .Replace(
                string.Join(
                    ' ',
                    (result.Stdout + result.Stderr)
                        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                        .Where(line => !line.StartsWith("downloading", StringComparison.Ordinal))
                        .Select(line => line[^1] is '.' or '?' ? line : line + ".")
                ),
                match => match.Groups[2].Success ? " : '…" : match.Groups[1].Value + "N"
            );

    private static (string Before, string Table, string After) Parts(string document)
    {
        var parts = TableRows().Match(document);
        return (parts.Groups[1].Value, parts.Groups[2].Value, parts.Groups[3].Value);
    }

    [GeneratedRegex("\"expires\": \"[^\"]*\"")]
    private static partial Regex Expires();

    [GeneratedRegex("""\b(K|version |after |length of |key )(?:\d[0-9A-F]*|[0-9A-F]{14,16})\b|( : '/)[^']*""")]
    private static partial Regex Numbers();

    [GeneratedRegex("""\A(.*\n\| --- \| --- \| --- \|\n)((?:\|[^\n]*\n)*)(.*)\z""", RegexOptions.Singleline)]
    private static partial Regex TableRows();
}
