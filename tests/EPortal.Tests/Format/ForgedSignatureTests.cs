using System.Text;
using EPortal.Format;
using EPortal.Tests.Patchsets;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Format;

/// <summary>Signatures that are not of this content, not of a trusted key, or changed.</summary>
[Trait("threat", "A5")]
public sealed class ForgedSignatureTests(RefusalFixture doors) : IClassFixture<RefusalFixture>
{
    private static readonly MinisignSecretKey Key = SamplePatchset.Key;

    [Fact]
    public async Task The_signed_archive_of_these_tests_is_good()
    {
        var staged = await PatchsetArchive.VerifyAsync(
            new MemoryStream(await SamplePatchset.BuildAsync(key: Key)),
            SamplePatchset.Trusted,
            PatchsetLimits.Default,
            SamplePatchset.Now,
            CancellationToken.None
        );
        staged.SignedBy.ShouldBe(Key.PublicKey);
    }

    [Fact]
    public async Task An_unsigned_archive_is_refused_once_a_key_is_pinned() =>
        await PinnedAsync(await SamplePatchset.BuildAsync(), PatchsetErrorCode.Unsigned, "manifest.json is not signed");

    [Fact]
    public async Task A_key_that_is_not_trusted_is_refused_and_named()
    {
        var other = MinisignSecretKey.Generate();
        await PinnedAsync(
            await SamplePatchset.BuildAsync(key: other),
            PatchsetErrorCode.UntrustedKey,
            other.PublicKey.KeyId
        );
    }

    [Fact]
    public async Task Another_key_under_the_trusted_number_is_refused()
    {
        var file = Convert.FromBase64String(MinisignSecretKey.Generate().ToText().Split('\n')[1]);
        Convert.FromBase64String(Key.PublicKey.ToString())[2..10].CopyTo(file, 54);
        file.AsSpan(^32).Clear();
        var forger = MinisignSecretKey.Parse(Convert.ToBase64String(file), null);
        forger.PublicKey.KeyId.ShouldBe(Key.PublicKey.KeyId);
        await PinnedAsync(
            await SamplePatchset.BuildAsync(key: forger),
            PatchsetErrorCode.BadSignature,
            "invalid signature"
        );
    }

    [Fact]
    public async Task The_signature_of_another_archive_is_refused()
    {
        var own = Members(await SamplePatchset.BuildAsync(key: Key));
        var other = Members(await SamplePatchset.BuildAsync(key: Key, name: "K20260501_02"));
        own["manifest.json.minisig"] = other["manifest.json.minisig"];
        await PinnedAsync(Archive(own), PatchsetErrorCode.BadSignature, "invalid signature of manifest.json");
    }

    [Fact]
    public async Task The_patch_of_another_archive_is_refused()
    {
        // Signed rightly by the trusted key, but for another patchset: manifest and description must agree.
        var other = Members(await SamplePatchset.BuildAsync(key: Key, name: "K20260501_02"));
        await PinnedAsync(
            Resigned(members =>
            {
                foreach (
                    var name in members
                        .Keys.Where(name => name.Contains("patch.json", StringComparison.Ordinal))
                        .ToList()
                )
                    members[name] = other[name];
            }),
            PatchsetErrorCode.ContentMismatch,
            "differs from the manifest"
        );
    }

    [Fact]
    public async Task A_comment_that_was_changed_is_refused()
    {
        var members = Members(await SamplePatchset.BuildAsync(key: Key));
        members["manifest.json.minisig"] = Replace(
            members["manifest.json.minisig"],
            "trusted comment: K20260501_01",
            "trusted comment: K20260501_99"
        );
        await PinnedAsync(Archive(members), PatchsetErrorCode.BadSignature, "invalid signature");
    }

    [Fact]
    public async Task A_patch_whose_signature_was_changed_is_refused()
    {
        var name = $"{SamplePatchset.Kernel('a')}/1/patch.json.minisig";
        await PinnedAsync(
            Resigned(members => members[name] = Replace(members[name], "trusted comment: K", "trusted comment: X")),
            PatchsetErrorCode.BadSignature,
            $"invalid signature of {SamplePatchset.Kernel('a')}/1/patch.json"
        );
        await PinnedAsync(Resigned(members => members.Remove(name)), PatchsetErrorCode.Unsigned, "has no signature");
        await PinnedAsync(
            Resigned(members => members[name] = "rubbish"u8.ToArray()),
            PatchsetErrorCode.BadSignature,
            "is not a minisign signature"
        );
    }

    [Fact]
    public async Task Without_pinned_keys_a_signature_must_still_be_one()
    {
        var members = Members(await SamplePatchset.BuildAsync(key: Key));
        members["manifest.json.minisig"] = "rubbish"u8.ToArray();
        await doors.RefusedAsync(
            Archive(members),
            PatchsetErrorCode.BadSignature,
            "the signature of manifest.json is not a minisign signature"
        );
    }

    [Fact]
    public async Task A_description_and_its_signature_stay_together()
    {
        var members = Members(Resigned(_ => { }));
        var description = $"{SamplePatchset.Kernel('a')}/1/patch.json";
        var payload = $"{SamplePatchset.Kernel('a')}/1/kpatch.bin";
        await PinnedAsync(
            Archive(members, description + ".minisig", payload),
            PatchsetErrorCode.ContentMismatch,
            "must be followed by its signature"
        );
        await PinnedAsync(
            Archive(members, description + ".minisig", description),
            PatchsetErrorCode.ContentMismatch,
            "must follow the patch.json"
        );
    }

    private async Task PinnedAsync(byte[] archive, PatchsetErrorCode code, string words)
    {
        var refusal = await doors.RefusedPinnedAsync(archive);
        refusal.Message.ShouldContain(words);
        refusal.Code.ShouldBe(code);
    }

    private static Dictionary<string, byte[]> Members(byte[] archive)
    {
        using var tar = new System.Formats.Tar.TarReader(new MemoryStream(archive));
        var members = new Dictionary<string, byte[]>();
        while (tar.GetNextEntry() is { } entry)
        {
            using var content = new MemoryStream();
            entry.DataStream?.CopyTo(content);
            members.Add(entry.Name, content.ToArray());
        }

        return members;
    }

    /// <summary>Members as a tar; two of them may change places.</summary>
    private static byte[] Archive(Dictionary<string, byte[]> members, string? first = null, string? second = null)
    {
        var tar = new TarBytes();
        foreach (var name in members.Keys)
        {
            var other =
                name == first ? second!
                : name == second ? first!
                : name;
            tar.Add(other, members[other]);
        }

        return tar.End();
    }

    /// <summary>
    /// The sample with members changed and its manifest made to fit and signed anew by the trusted key.
    /// </summary>
    private static byte[] Resigned(Action<Dictionary<string, byte[]>> change)
    {
        var members = Members(SamplePatchset.BuildAsync(key: Key).Result);
        change(members);
        var manifest = Manifest.Parse(members["manifest.json"], PatchsetLimits.Default, SamplePatchset.Now);
        var json = (
            manifest with
            {
                Targets =
                [
                    .. manifest.Targets.Select(target =>
                        target with
                        {
                            Files = members
                                .Where(member => member.Key.StartsWith($"{target.Id}/", StringComparison.Ordinal))
                                .ToDictionary(
                                    member => Path.GetFileName(member.Key),
                                    member => SamplePatchset.Entry(member.Value)
                                ),
                        }
                    ),
                ],
            }
        ).ToJson();
        members["manifest.json"] = json;
        members["manifest.json.minisig"] = Encoding.UTF8.GetBytes(Key.Sign(json, "resigned", "resigned"));
        return Archive(members);
    }

    private static byte[] Replace(byte[] text, string old, string replacement)
    {
        var read = Encoding.UTF8.GetString(text);
        read.ShouldContain(old);
        return Encoding.UTF8.GetBytes(read.Replace(old, replacement, StringComparison.Ordinal));
    }
}
