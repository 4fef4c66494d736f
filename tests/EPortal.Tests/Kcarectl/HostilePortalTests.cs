using EPortal.AgentClient.Wire;
using EPortal.Format;
using Kcarectl.Cli;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Kcarectl;

/// <summary>A portal that lies: nothing reaches the kernel, and the failure is told at the next check-in.</summary>
public sealed class HostilePortalTests : RegisteredHostTests
{
    [Fact]
    public async Task No_trusted_key()
    {
        Portal.Offer(1, "kpatch_1");
        File.Delete(Host.Paths.TrustedKeysFile);
        await RefusesAsync(ExitCode.NotTrusted, "no trusted key configured");
        Portal.Fetched.ShouldBeEmpty();
    }

    [Fact]
    public async Task Not_signed()
    {
        Portal.Offer(1, "kpatch_1");
        Portal.Answer = Portal.Answer with
        {
            Files = [.. Portal.Answer.Files!.Where(f => f.Name != PatchDescription.SignatureFileName)],
        };
        await RefusesAsync(ExitCode.NotTrusted, "unsigned patches are not applied");
    }

    [Fact]
    public async Task Signed_by_a_key_that_is_not_trusted()
    {
        Portal.Offer(1, "kpatch_1", key: MinisignSecretKey.Generate());
        await RefusesAsync(ExitCode.NotTrusted, "patch refused:");
    }

    [Fact]
    public async Task Signature_of_something_else()
    {
        Portal.Offer(2, "kpatch_2");
        var other = Portal.Files[FakePortal.PathOf(2, PatchDescription.SignatureFileName)];
        Portal.Offer(1, "kpatch_1");
        Portal.Swap(1, PatchDescription.SignatureFileName, other);
        await RefusesAsync(ExitCode.NotTrusted, "patch refused:");
    }

    [Theory]
    [InlineData(PatchDescription.FileName)]
    [InlineData(PatchDescription.SignatureFileName)]
    [InlineData("kpatch.bin")]
    [InlineData("kpatch.info")]
    public async Task A_flipped_bit_that_the_portal_vouches_for(string name)
    {
        Portal.Offer(1, "kpatch_1");
        var content = (byte[])Portal.Files[FakePortal.PathOf(1, name)].Clone();
        content[content.Length / 2] ^= 1;
        Portal.Swap(1, name, content);
        await RefusesAsync(ExitCode.NotTrusted, "");
    }

    [Fact]
    public async Task An_older_level_than_offered()
    {
        Portal.Offer(1, "kpatch_1");
        var json = Portal.Files[FakePortal.PathOf(1, PatchDescription.FileName)];
        var signature = Portal.Files[FakePortal.PathOf(1, PatchDescription.SignatureFileName)];
        Portal.Offer(2, "kpatch_2");
        Portal.Swap(2, PatchDescription.FileName, json);
        Portal.Swap(2, PatchDescription.SignatureFileName, signature);
        await RefusesAsync(ExitCode.NotTrusted, "level 2 was offered, but level 1 was signed");
    }

    [Fact]
    public async Task Another_patchset_than_offered()
    {
        Portal.Offer(1, "kpatch_1", d => d with { Patchset = "K1999" });
        await RefusesAsync(ExitCode.NotTrusted, "but K1999 was signed");
    }

    [Fact]
    public async Task A_patch_for_another_kernel()
    {
        Portal.Offer(1, "kpatch_1", d => d with { Target = new string('a', 40) });
        await RefusesAsync(ExitCode.NotTrusted, "it is for kernel aaaa");
    }

    [Fact]
    public async Task A_patch_for_another_product()
    {
        Portal.Offer(1, "kpatch_1", d => d with { Product = Product.Qemu });
        await RefusesAsync(ExitCode.NotTrusted, "it is for the product qemu");
    }

    [Fact]
    public async Task A_patch_without_payload()
    {
        Portal.Offer(
            1,
            "kpatch_1",
            d => d with { Files = d.Files.Where(f => f.Key != "kpatch.bin").ToDictionary(f => f.Key, f => f.Value) }
        );
        await RefusesAsync(ExitCode.NotTrusted, "lacks kpatch.bin");
    }

    [Theory]
    [InlineData("kpatch.bin")]
    [InlineData(PatchDescription.FileName)]
    public async Task An_endless_file(string name)
    {
        Portal.Offer(1, "kpatch_1");
        Portal.Endless.Add(FakePortal.PathOf(1, name));
        await RefusesAsync(ExitCode.NotTrusted, "does not have the announced length");
        Directory
            .EnumerateFiles(Host.Paths.CacheFolder, "*", SearchOption.AllDirectories)
            .Sum(f => new FileInfo(f).Length)
            .ShouldBeLessThan(1 << 20);
    }

    [Fact]
    public async Task A_description_announced_as_huge()
    {
        Portal.Offer(1, "kpatch_1");
        Portal.Answer = Portal.Answer with
        {
            Files = [.. Portal.Answer.Files!.Select(f => f with { Size = long.MaxValue })],
        };
        await RefusesAsync(ExitCode.PortalRefused, "invalid size or hash of patch.json");
        Portal.Fetched.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_list_with_nothing_in_it()
    {
        Portal.Offer(1, "kpatch_1");
        Portal.Answer = Portal.Answer with { Files = [null!] };
        await RefusesAsync(ExitCode.NotTrusted, "the offered patch has no patch.json");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(null)]
    public async Task A_level_that_is_none(int? level)
    {
        Portal.Offer(1, "kpatch_1");
        Portal.Answer = Portal.Answer with { Level = level };
        await RefusesAsync(ExitCode.PortalRefused, "no level");
    }

    [Fact]
    public async Task Addresses_elsewhere_are_never_called()
    {
        await using var other = await FakePortal.StartAsync();
        Portal.Offer(1, "kpatch_1");
        Portal.Answer = Portal.Answer with
        {
            Files = [.. Portal.Answer.Files!.Select(f => f with { Url = new Uri(other.Address, f.Url).ToString() })],
        };
        (await Host.RunAsync("--update")).ShouldBe(ExitCode.Done);
        other.Fetched.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_signed_file_that_is_no_live_patch()
    {
        Portal.Offer(1, "e1000", payload: TinyModule.Build("e1000", livepatch: false));
        await RefusesAsync(ExitCode.KernelRefused, "not a live patch");
    }

    private async Task RefusesAsync(int code, string sentence)
    {
        (await Host.RunAsync("--update")).ShouldBe(code);
        Host.Kernel.Inserted.ShouldBeEmpty();
        Host.Error.ShouldStartWith("kcarectl: ");
        Host.Error.ShouldContain(sentence);
        Host.Error.Count(c => c == '\n').ShouldBe(1);
        await Host.RunAsync("--check");
        var told = Portal.Checkins[^1];
        told.PatchLevel.ShouldBe(0);
        told.LastUpdate!.Result.ShouldBe(LastUpdate.Failed);
        told.LastUpdate.Message.ShouldContain(sentence);
    }
}
