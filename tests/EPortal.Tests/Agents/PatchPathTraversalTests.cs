using System.Text;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Agents;

/// <summary>Games with the path of a patch file, as bytes on a socket: never a file outside, never a failure.</summary>
[Trait("threat", "G17")]
public sealed class PatchPathTraversalTests
{
    private const string Secret = "untrusted comment";

    private static readonly string Kernel = TestPortal.KernelId;

    /// <summary>
    /// Paths with K for the kernel id; each would be the portal's key, or a file of the machine, to a careless server.
    /// </summary>
    private static readonly string[] Paths =
    [
        "/K/1/../../config/signing.key",
        "/K/1/../../../config/signing.key",
        "/K/1/..%2f..%2f..%2f..%2fconfig%2fsigning.key",
        "/K/1/%2e%2e/%2e%2e/%2e%2e/%2e%2e/config/signing.key",
        "/K/1/%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fconfig%2fsigning.key",
        "/K/1/%252e%252e%252fconfig%252fsigning.key",
        "/K/1/..;/..;/config/signing.key",
        "/K/1/..;",
        "/K/1/..\\..\\..\\config\\signing.key",
        "/K/1/..%5c..%5cconfig%5csigning.key",
        "/K/1/%c0%ae%c0%ae%c0%afconfig%c0%afsigning.key",
        "/K/1/%e0%80%ae%e0%80%ae/signing.key",
        "/K/1/%uff0e%uff0e/signing.key",
        "/K/1/．．／signing.key",
        "/K/1/kpatch.bin%00.txt",
        "/K/1/%00",
        "/K/1/./././kpatch.bin/x",
        "/K/1/.",
        "/K/1/..",
        "/K/1/...",
        "/K/1/%2e",
        "/K/1/%2e%2e",
        "/K/1/~root",
        "/K/1/%2fetc%2fpasswd",
        "/K/1//etc/passwd",
        "/K/1/C:%5cboot.ini",
        "/K/1/kpatch.bin::$DATA",
        "/K/1/kpatch.bin%20",
        "/K/1/kpatch.bin.",
        "/K/1/KPATCH.BIN",
        "/K/1/.names.lock",
        "/K/1/manifest.json",
        "/K/../../etc/passwd",
        "/K/%2e%2e/%2e%2e/etc/passwd",
        "/K%2f1%2fkpatch.bin",
        "/K/1%2fkpatch.bin",
        "/K/1%2f..%2f1/kpatch.bin",
        "/../K/2/kpatch.bin",
        "/..%2f..%2fetc/1/passwd",
        "/%2e%2e/1/passwd",
        "/K/1e0/kpatch.bin",
        "/K/0x1/kpatch.bin",
        "/K/1.0/kpatch.bin",
        "/K/-1/kpatch.bin",
        "/K/18446744073709551617/kpatch.bin",
        "/K/%D9%A1/kpatch.bin",
        "//K/1/kpatch.bin/..",
        "/resources/K1/K/1/kpatch.bin",
        "/arch/K1.tar",
        "/config/signing.key",
        "/eportal.sqlite",
        "/packages/../appsettings.json",
        "/packages/%2e%2e%2fEPortal.Tests.dll",
        "/packages/..%2f..%2fetc%2fpasswd",
        "/install-kernelcare/../config/signing.key",
    ];

    private static readonly string[] BadRanges =
    [
        "bytes=-0",
        "bytes=99999999999999999999-",
        "bytes=5-1",
        "bytes=--1",
        "bytes=0-99999999999999999999999",
        "lines=1-2",
        "bytes=",
        "bytes=a-b",
        "\0",
    ];

    [Fact]
    public async Task No_path_leads_outside()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);

        foreach (var path in Paths)
        {
            var answer = await RawHttp.GetAsync(portal.Address, Written(path));
            ((int[])[400, 404]).ShouldContain(answer.Status, path);
            answer.Text.ShouldNotContain(Secret, customMessage: path);
            answer.Text.ShouldNotContain("root:", customMessage: path);
            answer.Body.Length.ShouldBeLessThan(300, path);
        }

        portal.Log.ShouldAllBe(line => !line.Contains("unhandled"));
    }

    [Fact]
    public async Task The_key_that_those_paths_look_for_is_there()
    {
        await using var portal = await TestPortal.StartAsync();

        File.ReadAllText(Path.Combine(portal.DataFolder, "config/signing.key")).ShouldContain(Secret);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_no_path()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        byte[][] tails =
        [
            [0xc0, 0xae, 0xc0, 0xae],
            [0xff, 0xfe],
            [0xed, 0xa0, 0x80],
            [0x00],
            [0x7f],
            [0x1b, (byte)'['],
            [0xf8, 0x80, 0x80, 0x80, 0xae],
        ];

        foreach (var tail in tails)
        {
            byte[] request =
            [
                .. Encoding.ASCII.GetBytes($"GET /{Kernel}/1/"),
                .. tail,
                .. Encoding.ASCII.GetBytes(
                    $" HTTP/1.1\r\nHost: {portal.Address.Authority}\r\nConnection: close\r\n\r\n"
                ),
            ];
            (await RawHttp.SendAsync(portal.Address, request)).Status.ShouldBeOneOf(400, 404);
        }
    }

    [Fact]
    public async Task A_path_that_goes_round_to_a_real_file_gets_that_file_alone()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);

        foreach (
            var path in (string[])
                [
                    $"/x/../{Kernel}/1/kpatch.bin",
                    $"/{Kernel}/2/../1/kpatch.bin",
                    $"/{Kernel}/./1/kpatch.bin",
                    $"/{Kernel}/1/kpatch.bin/",
                    $"http://elsewhere.example/{Kernel}/1/kpatch.bin",
                ]
        )
        {
            var answer = await RawHttp.GetAsync(portal.Address, path);
            if (answer.Status == 200)
                answer.Body.ShouldBe(Archives.Payload(1));
            else
                answer.Status.ShouldBeOneOf(400, 404);
        }
    }

    [Fact]
    public async Task A_link_in_place_of_a_stored_file_is_nobodys_to_make()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);

        Directory
            .EnumerateFiles(portal.DataFolder, "*", SearchOption.AllDirectories)
            .ShouldAllBe(file => new FileInfo(file).LinkTarget == null);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(100)]
    [InlineData(1200)]
    public async Task Long_lists_of_ranges_do_not_multiply_the_file(int count)
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);
        var ranges = string.Join(',', Enumerable.Range(0, count).Select(n => $"{n}-"));

        var answer = await RawHttp.GetAsync(portal.Address, $"/{Kernel}/1/kpatch.bin", $"Range: bytes={ranges}");

        answer.Status.ShouldBeOneOf(200, 400, 416);
        answer.Body.Length.ShouldBeLessThanOrEqualTo(Archives.Payload(1).Length);
    }

    [Fact]
    public async Task Ranges_that_make_no_sense_do_no_harm()
    {
        await using var portal = await TestPortal.StartAsync();
        await portal.DeployAsync("K1", 1);

        foreach (var range in BadRanges)
        {
            var answer = await RawHttp.GetAsync(portal.Address, $"/{Kernel}/1/kpatch.bin", $"Range: {range}");
            answer.Status.ShouldBeOneOf(200, 206, 400, 416);
            answer.Body.Length.ShouldBeLessThanOrEqualTo(Archives.Payload(1).Length, range);
        }

        portal.Log.ShouldAllBe(line => !line.Contains("unhandled"));
    }

    [Fact]
    public async Task A_list_of_ranges_longer_than_a_request_may_be_is_refused()
    {
        await using var portal = await TestPortal.StartAsync();
        var ranges = string.Join(',', Enumerable.Range(0, 20_000).Select(n => $"{n}-{n}"));

        (await RawHttp.GetAsync(portal.Address, $"/{Kernel}/1/kpatch.bin", $"Range: bytes={ranges}")).Status.ShouldBe(
            431
        );
    }

    private static string Written(string path) =>
        Encoding.Latin1.GetString(
            Encoding.UTF8.GetBytes(
                path.Replace("/K", $"/{Kernel}", StringComparison.Ordinal)
                    .Replace($"/{Kernel}PATCH", "/KPATCH", StringComparison.Ordinal)
                    .Replace($"/{Kernel}1", "/K1", StringComparison.Ordinal)
            )
        );
}
