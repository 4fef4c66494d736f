using System.Security.Cryptography;
using EPortal.Blobs;
using EPortal.Tests.Hosting;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Blobs;

/// <summary>What is believed of a file that was hashed, and for how long.</summary>
public sealed class FileIntegrityTests : IDisposable
{
    private const int Small = 1024 * 1024;

    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private readonly FileIntegrity _intact;

    public FileIntegrityTests() => _intact = new FileIntegrity(_time);

    private string Patch => _folder.File("kpatch.bin");

    public void Dispose()
    {
        _intact.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Small)]
    [InlineData(Small + 1)]
    public async Task A_file_is_intact_with_its_size_and_its_hash_only(int length)
    {
        var (size, sha256) = Write(length);

        (await _intact.IsIntact(Patch, size, Other(sha256))).ShouldBeFalse();
        (await _intact.IsIntact(Patch, size + 1, sha256)).ShouldBeFalse();
        (await _intact.IsIntact(_folder.File("none"), size, sha256)).ShouldBeFalse();
        Known(size, sha256).ShouldBeFalse("none of these made it known");
        (await _intact.IsIntact(Patch, size, sha256)).ShouldBeTrue();
        (await _intact.IsIntact(Patch, size, sha256)).ShouldBeTrue("it is known by now");
        Known(size, sha256).ShouldBeTrue();
        (await _intact.IsIntact(Patch, size, Other(sha256))).ShouldBeFalse("another hash is not known by this one");
        Known(size, Other(sha256)).ShouldBeFalse();
    }

    [Fact]
    public async Task Small_ones_are_kept_in_memory_and_larger_ones_are_not()
    {
        var (size, sha256) = Write(Small);
        await _intact.IsIntact(Patch, size, sha256);
        _intact.IsKnown(Patch, size, sha256, out var content).ShouldBeTrue();
        content.ShouldBe(await File.ReadAllBytesAsync(Patch, TestContext.Current.CancellationToken));

        (size, sha256) = Write(Small + 1);
        (await _intact.IsIntact(Patch, size, sha256)).ShouldBeTrue();
        _intact.IsKnown(Patch, size, sha256, out content).ShouldBeTrue();
        content.ShouldBeNull();
    }

    [Fact]
    public async Task What_is_in_memory_is_compared_with_the_disk_once_a_second()
    {
        var (size, sha256) = Write(100);
        await _intact.IsIntact(Patch, size, sha256);
        File.Delete(Patch);

        _time.Advance(TimeSpan.FromMilliseconds(999));
        Known(size, sha256).ShouldBeTrue();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Known(size, sha256).ShouldBeFalse();
    }

    [Fact]
    public async Task A_look_at_the_disk_counts_for_another_second()
    {
        var (size, sha256) = Write(100);
        await _intact.IsIntact(Patch, size, sha256);
        _time.Advance(TimeSpan.FromSeconds(5));
        Known(size, sha256).ShouldBeTrue();
        File.Delete(Patch);

        Known(size, sha256).ShouldBeTrue();
        _time.Advance(TimeSpan.FromSeconds(1));
        Known(size, sha256).ShouldBeFalse();
    }

    [Fact]
    public async Task What_was_written_to_is_hashed_again()
    {
        var (size, sha256) = Write(100);
        await _intact.IsIntact(Patch, size, sha256);
        var content = await File.ReadAllBytesAsync(Patch, TestContext.Current.CancellationToken);
        content[^1] ^= 1;
        await File.WriteAllBytesAsync(Patch, content, TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(1));

        Known(size, sha256).ShouldBeFalse();
        (await _intact.IsIntact(Patch, size, sha256)).ShouldBeFalse();
    }

    [Fact]
    public async Task After_ten_minutes_it_is_hashed_again()
    {
        var (size, sha256) = Write(100);
        await _intact.IsIntact(Patch, size, sha256);

        _time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1));
        Known(size, sha256).ShouldBeTrue();
        _time.Advance(TimeSpan.FromSeconds(1));
        Known(size, sha256).ShouldBeFalse();
        (await _intact.IsIntact(Patch, size, sha256)).ShouldBeTrue();
        Known(size, sha256).ShouldBeTrue();
    }

    [Fact]
    public async Task Nothing_is_believed_at_the_end_of_ten_minutes()
    {
        var (size, sha256) = Write(Small + 1);
        await _intact.IsIntact(Patch, size, sha256);

        _time.Advance(TimeSpan.FromMinutes(10));

        Known(size, sha256).ShouldBeFalse();
    }

    private bool Known(long size, string sha256) => _intact.IsKnown(Patch, size, sha256, out _);

    private static string Other(string sha256) => (sha256[0] == '0' ? '1' : '0') + sha256[1..];

    private (long Size, string Sha256) Write(int length)
    {
        var content = new byte[length];
        new Random(1).NextBytes(content);
        File.WriteAllBytes(Patch, content);
        return (length, Convert.ToHexStringLower(SHA256.HashData(content)));
    }
}
