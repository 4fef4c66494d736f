using EPortal.Format;
using EPortal.Tests.Patchsets;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Format;

/// <summary>Names of members that lead elsewhere or look like others.</summary>
[Trait("threat", "A1")]
public sealed class MemberNameAttackTests(RefusalFixture doors) : IClassFixture<RefusalFixture>
{
    private static readonly string Id = HandMadeArchive.Id;

    public static TheoryData<string> Names =>
        new(
            "../x",
            "/x",
            "/etc/eportal-was-here",
            "a/../../x",
            "../../../../../../tmp/eportal-was-here",
            $"{Id}/1/../../../x",
            $"./{Id}/1/kpatch.bin",
            $"{Id}//1/kpatch.bin",
            $"{Id}/1/KPATCH.BIN",
            $"{Id.ToUpperInvariant()}/1/kpatch.bin",
            $"{Id}/01/kpatch.bin",
            $"{Id}/1/kpatch.bin ",
            $"{Id}/1/kpatch.bin/x",
            $"{Id}/1/kpatch.b\u0131n",
            $"{Id}/1/kpatch.bi\u006e\u0303",
            $"{Id}\\1\\kpatch.bin",
            "manifest.json",
            "manifest.json.minisig",
            "",
            ".",
            ".."
        );

    [Fact]
    public async Task The_archive_of_these_tests_is_good_but_for_what_they_change() =>
        (
            await PatchsetArchive.VerifyAsync(
                new MemoryStream(new HandMadeArchive().Bytes()),
                TrustedKeys.None,
                PatchsetLimits.Default,
                SamplePatchset.Now,
                CancellationToken.None
            )
        ).Manifest.Name.ShouldBe(SamplePatchset.Name);

    [Theory]
    [MemberData(nameof(Names))]
    public Task A_member_of_such_a_name_is_refused(string name) =>
        doors.RefusedAsync(
            new HandMadeArchive().With(tar => tar.Add(name, "x"u8.ToArray())),
            PatchsetErrorCode.BadMember,
            "ember "
        );

    [Theory]
    [MemberData(nameof(Names))]
    public async Task In_place_of_the_payload_it_is_refused(string name) =>
        await doors.RefusedAsync(new HandMadeArchive().Begin().Add(name, HandMadeArchive.Payload).End());

    [Theory]
    [InlineData("../x/")]
    [InlineData("/x/")]
    [InlineData("x/")]
    [InlineData("a/../../x/")]
    [InlineData("manifest.json.minisig")]
    public Task A_folder_that_is_none_of_the_patches_is_refused(string name) =>
        doors.RefusedAsync(
            new HandMadeArchive().With(tar => tar.Add(name, [], '5')),
            PatchsetErrorCode.BadMember,
            "is not in the manifest"
        );

    [Fact]
    public Task A_folder_in_place_of_a_file_is_refused() =>
        doors.RefusedAsync(
            new HandMadeArchive().Begin().Add(HandMadeArchive.PayloadName, [], '5').End(),
            PatchsetErrorCode.BadMember,
            "is not in the manifest"
        );

    [Fact]
    public Task The_prefix_field_of_a_header_does_not_lead_out() =>
        doors.RefusedAsync(
            new HandMadeArchive().With(tar => tar.Add("x", [], '0', header => TarBytes.Put(header, 345, "../.."))),
            PatchsetErrorCode.BadMember,
            "'../../x'"
        );

    [Fact]
    public async Task A_name_with_NUL_is_refused()
    {
        var hidden = new HandMadeArchive()
            .Begin()
            .Add($"{HandMadeArchive.PayloadName}\0/../../x", HandMadeArchive.Payload)
            .End();
        await doors.RefusedAsync(hidden, PatchsetErrorCode.BadMember, "has a NUL in its name");
        var prefixed = new HandMadeArchive()
            .Begin()
            .Add("1/kpatch.bin", HandMadeArchive.Payload, '0', header => TarBytes.Put(header, 345, $"{Id}\0x"))
            .End();
        await doors.RefusedAsync(prefixed, PatchsetErrorCode.BadMember, "has a NUL in its name");
    }

    [Fact]
    public async Task A_name_of_4_kB_is_refused()
    {
        var name = SamplePatchset.Text(new string('x', 4096));
        await doors.RefusedAsync(
            new HandMadeArchive().With(tar => tar.Add("././@LongLink", name, 'L').Add("x", [])),
            PatchsetErrorCode.BadMember,
            "GNU long name"
        );
        await doors.RefusedAsync(
            new HandMadeArchive().With(tar =>
                tar.Add("p", SamplePatchset.Text($"4109 path={new string('x', 4096)}\n"), 'x').Add("x", [])
            ),
            PatchsetErrorCode.BadMember,
            "pax extension header"
        );
        var archive = new HandMadeArchive();
        archive.Files[new string('x', 4096)] = HandMadeArchive.Entry([]);
        await doors.RefusedAsync(archive.Bytes(), PatchsetErrorCode.BadManifest, "files.");
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("/x")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("-rf")]
    [InlineData("a\0b")]
    [InlineData("a\\b")]
    [InlineData("a b")]
    [InlineData("kpatch.bi\u00f1")]
    [InlineData("x\n")]
    public async Task A_manifest_that_lists_such_a_name_is_refused(string name)
    {
        var archive = new HandMadeArchive();
        archive.Files[name] = HandMadeArchive.Entry([]);
        await doors.RefusedAsync(
            archive.With(tar => tar.Add($"{Id}/1/{name}", [])),
            PatchsetErrorCode.BadManifest,
            "targets[0].files."
        );
    }

    [Fact]
    public async Task Names_that_only_case_tells_apart_are_refused()
    {
        var archive = new HandMadeArchive();
        archive.Files["Kpatch.bin"] = HandMadeArchive.Entry([]);
        await doors.RefusedAsync(
            archive.With(tar => tar.Add($"{Id}/1/Kpatch.bin", [])),
            PatchsetErrorCode.BadManifest,
            "has names that differ only in case"
        );
    }
}
