using System.Security.Cryptography;
using EPortal.Format;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Format;

/// <summary>A download is resumed after a break, and is in place only when it is the file that was asked for.</summary>
public sealed class PartFileTests : IDisposable
{
    private const int Size = 300;

    private readonly TempFolder _folder = new();
    private readonly byte[] _content = RandomNumberGenerator.GetBytes(Size);
    private readonly List<long> _progress = [];
    private readonly PartFile _file;

    public PartFileTests() => _file = File(_content);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Final => _folder.File("file");

    private string Part => PartFile.PathOf(Final);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_came_before_a_break_is_kept_and_the_rest_is_added()
    {
        (await Copy(_content[..100], 0)).ShouldBe(PartCopy.Cut);
        (_file.Length, _file.IsComplete).ShouldBe((100, false));

        (await Copy(_content[100..], File(_content).Length)).ShouldBe(PartCopy.Whole);

        _file.IsComplete.ShouldBeTrue();
        _progress.ShouldBe([0, 100, 100, 300]);
        (await _file.IsRightAsync(Cancellation)).ShouldBeTrue();
        (await _file.IsInPlaceAsync(Cancellation)).ShouldBeFalse("it has its name only when it is kept");
        _file.Keep();
        (await _file.IsInPlaceAsync(Cancellation)).ShouldBeTrue();
        System.IO.File.Exists(Part).ShouldBeFalse();
        System.IO.File.ReadAllBytes(Final).ShouldBe(_content);
    }

    [Fact]
    public async Task A_part_behind_what_comes_now_is_dropped()
    {
        await Copy(_content[..200], 0);

        (await Copy(_content[50..60], 50)).ShouldBe(PartCopy.Cut);

        System.IO.File.ReadAllBytes(Part).ShouldBe(_content[..60]);
    }

    [Fact]
    public async Task A_broken_connection_leaves_what_came()
    {
        using var body = new BreaksOff(_content[..100]);

        var broken = await Should.ThrowAsync<IOException>(_file.CopyAsync(body, 0, null, Cancellation));

        broken.ShouldNotBeOfType<PartWriteException>();
        _file.Length.ShouldBe(100);
    }

    [Fact]
    public async Task A_disk_that_fails_is_told_apart_from_the_connection()
    {
        _folder.Dispose();
        try
        {
            await Should.ThrowAsync<PartWriteException>(Copy(_content, 0));
        }
        finally
        {
            Directory.CreateDirectory(_folder.Path);
        }
    }

    [Fact]
    public async Task A_part_that_is_cut_off_is_not_the_file()
    {
        await Copy(_content[..^1], 0);

        (await _file.IsRightAsync(Cancellation)).ShouldBeFalse();

        System.IO.File.Exists(Part).ShouldBeFalse();
    }

    [Fact]
    public async Task A_part_of_another_hash_is_deleted_and_what_is_in_place_stays()
    {
        System.IO.File.WriteAllBytes(Final, _content);
        var other = File(RandomNumberGenerator.GetBytes(Size));
        (await Copy(_content, 0)).ShouldBe(PartCopy.Whole);

        (await other.IsRightAsync(Cancellation)).ShouldBeFalse();

        System.IO.File.Exists(Part).ShouldBeFalse();
        (await other.IsInPlaceAsync(Cancellation)).ShouldBeFalse("nor is it this");
        (await _file.IsInPlaceAsync(Cancellation)).ShouldBeTrue();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task A_body_longer_than_was_said_is_read_no_further_and_nothing_of_it_is_kept(int start)
    {
        await Copy(_content[..start], 0);
        using var body = new MemoryStream(new byte[1_000_000]);

        (await _file.CopyAsync(body, start, null, Cancellation)).ShouldBe(PartCopy.TooLong);

        body.Position.ShouldBe(Size - start + 1);
        _file.Length.ShouldBe(0);
        new FileInfo(Part).Length.ShouldBe(0);
    }

    [Fact]
    public async Task A_part_longer_than_the_file_counts_as_none()
    {
        System.IO.File.WriteAllBytes(Part, new byte[Size + 1]);

        (_file.Length, _file.IsComplete).ShouldBe((0, false));
        (await Copy(_content, _file.Length)).ShouldBe(PartCopy.Whole);

        (await _file.IsRightAsync(Cancellation)).ShouldBeTrue();
    }

    private PartFile File(byte[] content) =>
        new(
            Final,
            Size,
            Convert.ToHexStringLower(SHA256.HashData(content)),
            async (stream, cancel) => Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancel))
        );

    private async Task<PartCopy> Copy(byte[] bytes, long start)
    {
        using var body = new MemoryStream(bytes);
        return await _file.CopyAsync(body, start, _progress.Add, Cancellation);
    }

    /// <summary>A body whose connection breaks behind what it has.</summary>
    private sealed class BreaksOff(byte[] bytes) : MemoryStream(bytes)
    {
        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        ) => await base.ReadAsync(buffer, cancellationToken) is > 0 and var read ? read : throw new IOException("gone");
    }
}
