using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using EPortal.Format;
using EPortal.Tests.Patchsets;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Format;

/// <summary>Manifests that lie, or that say more than their form allows.</summary>
[Trait("threat", "A4")]
public sealed class HostileManifestTests(RefusalFixture doors) : IClassFixture<RefusalFixture>
{
    private const string Json = "manifest.json";

    /// <summary>What to change in the text of the manifest, and what the refusal must name.</summary>
    public static TheoryData<string, string, string> Lies =>
        new()
        {
            { "\"format\":1", "\"format\":2", "format must be" },
            { "\"format\":1", "\"format\":\"1\"", "format must be" },
            { "\"format\":1", "\"format\":1.5", "format must be" },
            { "\"format\":1,", "", "format is missing" },
            { "\"format\":1", "\"format\":1,\"format\":1", "duplicate field" },
            { "\"format\":1", "\"format\":1,\"form\\u0061t\":1", "duplicate field" },
            { "\"format\":1", "\"format\":1,\"more\":1", "more is not a known field" },
            { "\"format\":1", "\"format\":1,\"mo\\nre\":1", "mo?re is not a known field" },
            { "\"name\":\"K20260501_01\"", "\"name\":\"../K\"", "name must be" },
            { "\"name\":\"K20260501_01\"", "\"name\":\"\"", "name must be" },
            { "\"name\":\"K20260501_01\"", "\"name\":null", "name must be a string" },
            { "\"name\":\"K20260501_01\"", "\"name\":\"K\\ud800\"", "not valid Unicode" },
            { "\"product\":\"kernel\"", "\"product\":\"Kernel\"", "product must be" },
            { "\"channel\":\"default\"", "\"channel\":\"nightly\"", "channel must be" },
            {
                "\"released\":\"2026-05-01T11:00:00Z\"",
                "\"released\":\"2026-05-01T12:05:01Z\"",
                "released is in the future"
            },
            {
                "\"released\":\"2026-05-01T11:00:00Z\"",
                "\"released\":\"9999-12-31T23:59:59Z\"",
                "released is in the future"
            },
            {
                "\"released\":\"2026-05-01T11:00:00Z\"",
                "\"released\":\"2026-05-01T11:00:00+00:00\"",
                "released must be a time"
            },
            {
                "\"released\":\"2026-05-01T11:00:00Z\"",
                "\"released\":\"2026-02-30T11:00:00Z\"",
                "released must be a time"
            },
            { "\"released\":\"2026-05-01T11:00:00Z\"", "\"released\":1777633200", "released must be a string" },
            { "\"summary\":\"Two fixes\"", "\"summary\":\"a\\u0000b\"", "summary must not contain control characters" },
            { "\"summary\":\"Two fixes\"", "\"summary\":\"a\\nb\"", "summary must not contain control characters" },
            { "\"distros\":[\"debian12\"]", "\"distros\":[\"debian12\",\"deb ian\"]", "distros[1] must be" },
            { "\"distros\":[\"debian12\"]", "\"distros\":\"debian12\"", "distros must be a list" },
            { "\"cves\":[\"CVE-2026-0001\"]", "\"cves\":[\"CVE 1\"]", "targets[0].cves[0] must be" },
            { "\"level\":1", "\"level\":0", "targets[0].level must be" },
            { "\"level\":1", "\"level\":-1", "targets[0].level must be" },
            { "\"level\":1", "\"level\":2147483648", "targets[0].level must be" },
            { "\"level\":1", "\"level\":9223372036854775808", "targets[0].level must be" },
            { "\"level\":1", "\"level\":1e0", "targets[0].level must be" },
            { "\"level\":1", "\"level\":\"1\"", "targets[0].level must be" },
            {
                "\"id\":\"cccccccccccccccccccccccccccccccccccccccc\"",
                "\"id\":\"CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC\"",
                "targets[0].id must be"
            },
            {
                "\"id\":\"cccccccccccccccccccccccccccccccccccccccc\"",
                "\"id\":\"ggcccccccccccccccccccccccccccccccccccccc\"",
                "targets[0].id must be"
            },
            {
                "\"id\":\"cccccccccccccccccccccccccccccccccccccccc\"",
                "\"id\":\"ccccccccccccccccccccccccccccccccccccccc\"",
                "targets[0].id must be"
            },
            {
                "\"id\":\"cccccccccccccccccccccccccccccccccccccccc\"",
                "\"id\":\"cccccccccccccccccccccccccccccccccccccc/c\"",
                "targets[0].id must be"
            },
            { "\"size\":11", "\"size\":-1", "targets[0].files.kpatch.bin.size must be" },
            { "\"size\":11", "\"size\":4294967297", "targets[0].files.kpatch.bin.size must be" },
            { "\"size\":11", "\"size\":11,\"mode\":511", "targets[0].files.kpatch.bin.mode is not a known field" },
            { "\"sha256\":\"", "\"sha256\":\"A", "targets[0].files.kpatch.bin.sha256 must be" },
            { "\"targets\":[", "\"targets\":[1,", "targets[0] must be an object" },
            { "\"targets\":[", "\"targets\":{\"x\":1},\"x\":[", "x is not a known field" },
        };

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task A_wrong_field_is_refused_and_named(string old, string replacement, string words)
    {
        await doors.RefusedAsync(
            new HandMadeArchive().WithText(old, replacement),
            PatchsetErrorCode.BadManifest,
            words
        );
        (await doors.RefusedAsync(new HandMadeArchive().WithText(old, replacement))).Message.ShouldStartWith(Json);
    }

    [Fact]
    public async Task What_is_not_strict_JSON_is_refused()
    {
        var json = new HandMadeArchive().Json();
        var invalid = (byte[])json.Clone();
        invalid[Encoding.UTF8.GetString(json).IndexOf("Two", StringComparison.Ordinal)] = 0xff;
        foreach (
            var bad in (byte[][])
                [
                    [],
                    "null"u8.ToArray(),
                    "[]"u8.ToArray(),
                    "{}"u8.ToArray(),
                    [0xef, 0xbb, 0xbf, .. json],
                    [.. json, .. "x"u8],
                    [.. json, 0],
                    [.. json[..^1], .. ",}"u8],
                    [.. "/* */"u8, .. json],
                    Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(json)),
                    invalid,
                    Encoding.UTF8.GetBytes(new string('[', 100_000)),
                    Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 9)) + "1" + new string('}', 9)),
                ]
        )
        {
            await doors.RefusedAsync(
                new TarBytes().Add(Json, bad).Add(HandMadeArchive.PayloadName, HandMadeArchive.Payload).End(),
                PatchsetErrorCode.BadManifest,
                Json
            );
        }
    }

    [Fact]
    public async Task Wrong_hash_and_wrong_size_are_refused()
    {
        var archive = new HandMadeArchive();
        archive.Files["kpatch.bin"]!["sha256"] = new string('0', 64);
        await doors.RefusedAsync(
            archive.Bytes(),
            PatchsetErrorCode.ContentMismatch,
            $"checksum mismatch of {HandMadeArchive.PayloadName}"
        );
        foreach (var size in (int[])[10, 12])
        {
            archive = new HandMadeArchive();
            archive.Files["kpatch.bin"]!["size"] = size;
            await doors.RefusedAsync(
                archive.Bytes(),
                PatchsetErrorCode.ContentMismatch,
                $"{HandMadeArchive.PayloadName} has 11 bytes"
            );
        }
    }

    [Fact]
    public async Task A_patch_without_its_payload_is_refused()
    {
        var archive = new HandMadeArchive();
        archive.Files["kpatch.info"] = archive.Files["kpatch.bin"]!.DeepClone();
        archive.Files.Remove("kpatch.bin");
        await doors.RefusedAsync(archive.Bytes(), PatchsetErrorCode.BadManifest, "targets[0].files lacks kpatch.bin");

        archive = new HandMadeArchive();
        archive.Files["kpatch.bin"] = HandMadeArchive.Entry([]);
        await doors.RefusedAsync(archive.Bytes(), PatchsetErrorCode.BadManifest, "targets[0].files lacks kpatch.bin");

        archive = new HandMadeArchive { Manifest = { ["product"] = "qemu" } };
        archive.Files["patch.json"] = archive.Files["kpatch.bin"]!.DeepClone();
        archive.Files.Remove("kpatch.bin");
        await doors.RefusedAsync(
            archive.Bytes(),
            PatchsetErrorCode.BadManifest,
            "targets[0].files lacks a payload file"
        );
    }

    [Fact]
    public async Task Missing_extra_and_repeated_members_are_refused()
    {
        await doors.RefusedAsync(
            new HandMadeArchive().Begin().End(),
            PatchsetErrorCode.ContentMismatch,
            $"{HandMadeArchive.PayloadName} is in the manifest but not in the archive"
        );
        await doors.RefusedAsync(
            new HandMadeArchive().With(tar => tar.Add($"{HandMadeArchive.Id}/1/extra", [1])),
            PatchsetErrorCode.BadMember,
            "is not in the manifest"
        );
        await doors.RefusedAsync(
            new HandMadeArchive().With(tar => tar.Add(HandMadeArchive.PayloadName, HandMadeArchive.Payload)),
            PatchsetErrorCode.BadMember,
            "occurs twice"
        );
        await doors.RefusedAsync(
            new HandMadeArchive().With(tar => tar.Add(Json, new HandMadeArchive().Json())),
            PatchsetErrorCode.BadMember,
            "'manifest.json'"
        );
        await doors.RefusedAsync(
            new TarBytes()
                .Add(HandMadeArchive.PayloadName, HandMadeArchive.Payload)
                .Add(Json, new HandMadeArchive().Json())
                .End(),
            PatchsetErrorCode.BadArchive,
            "first member"
        );
        await doors.RefusedAsync(new TarBytes().End(), PatchsetErrorCode.BadArchive, "first member");
    }

    [Fact]
    public async Task A_target_twice_is_refused_and_so_is_none()
    {
        var archive = new HandMadeArchive();
        archive.Manifest["targets"]!.AsArray().Add(archive.Target.DeepClone());
        await doors.RefusedAsync(
            archive.Bytes(),
            PatchsetErrorCode.BadManifest,
            $"targets has {HandMadeArchive.Id} twice"
        );
        archive = new HandMadeArchive { Manifest = { ["targets"] = new JsonArray() } };
        await doors.RefusedAsync(archive.Bytes(), PatchsetErrorCode.BadManifest, "targets must not be empty");
        archive = new HandMadeArchive { Target = { ["files"] = new JsonObject() } };
        await doors.RefusedAsync(archive.Bytes(), PatchsetErrorCode.BadManifest, "targets[0].files must name a file");
    }

    [Fact]
    public async Task A_million_targets_are_refused()
    {
        var json = new StringBuilder(
            "{\"format\":1,\"name\":\"K\",\"product\":\"kernel\",\"released\":\"2026-01-01T00:00:00Z\",\"channel\":\"default\",\"targets\":[{}"
        );
        for (var i = 0; i < 999_999; i++)
            json.Append(CultureInfo.InvariantCulture, $",{{}}");
        var archive = new TarBytes().Add(Json, Encoding.UTF8.GetBytes(json.Append("]}").ToString())).End();
        await doors.RefusedAsync(archive, PatchsetErrorCode.LimitExceeded, "targets has more than 50000 entries");
    }

    [Fact]
    public async Task A_manifest_larger_than_the_bound_is_refused() =>
        await doors.RefusedAsync(
            new TarBytes().Add(Json, [], '0', header => TarBytes.Put(header, 124, "00400000001")).End(),
            PatchsetErrorCode.LimitExceeded,
            "manifest.json is larger than 67108864 bytes"
        );
}
