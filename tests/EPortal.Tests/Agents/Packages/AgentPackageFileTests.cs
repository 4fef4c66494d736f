using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using EPortal.Agents.Packages;
using EPortal.Data;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Agents.Packages;

public sealed class AgentPackageFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("xz")]
    [InlineData("gzip")]
    [InlineData("zstd")]
    [InlineData("none")]
    public void A_deb_is_read_however_it_is_compressed(string compression)
    {
        var path = TestPackages.Deb(_folder, "2:1.5~rc1+b2-3", "arm64", compression: compression);

        var package = AgentPackageFile.Read(path);

        package.Name.ShouldBe("kernelcare_1.5~rc1+b2-3_arm64.deb");
        package.Version.ShouldBe("2:1.5~rc1+b2-3");
        package.Sha256.ShouldBe(Shell.Run("sha256sum", path).Split(' ')[0]);
        package.Size.ShouldBe(new FileInfo(path).Length);
        package.Control!["Description"].ShouldBe("the agent\n Two lines of it.");
    }

    [Fact]
    public void An_rpm_is_read()
    {
        var path = TestPackages.Rpm(_folder, "1.5", "aarch64");

        var package = AgentPackageFile.Read(path);

        package.Name.ShouldBe("kernelcare-1.5-1.aarch64.rpm");
        package.Version.ShouldBe("1.5-1");
        package.Rpm!.Header.Texts(1049).ShouldContain("glibc");
    }

    [Fact]
    public void Packages_of_something_else_are_refused()
    {
        Refused(TestPackages.Deb(_folder, name: "kernelcare-tools")).ShouldContain("must be called kernelcare");
        Refused(TestPackages.Deb(_folder, architecture: "riscv64")).ShouldContain("amd64 or arm64");
        Refused(TestPackages.Deb(_folder, architecture: "all")).ShouldContain("amd64 or arm64");
        Refused(TestPackages.Rpm(_folder, name: "other")).ShouldContain("must be called kernelcare");
        Refused(TestPackages.Rpm(_folder, architecture: "noarch")).ShouldContain("x86_64 or aarch64");
        Refused(_folder.Write("text", "kernelcare")).ShouldContain("neither");
        Refused(_folder.Write("nothing", "")).ShouldContain("neither");
    }

    [Fact]
    public void A_truncated_package_is_refused_wherever_it_ends()
    {
        foreach (var path in (string[])[TestPackages.Deb(_folder), TestPackages.Rpm(_folder)])
        {
            var whole = File.ReadAllBytes(path);
            var end =
                AgentPackageFile.Read(path).Rpm?.HeaderEnd
                ?? Encoding.Latin1.GetString(whole).IndexOf("data.tar", StringComparison.Ordinal);
            for (var length = 0; length < end; length += 7)
                Refused(Bytes(whole[..length]));
        }
    }

    [Fact]
    public void An_rpm_that_is_not_what_its_builder_made_is_refused()
    {
        var whole = File.ReadAllBytes(TestPackages.Rpm(_folder));
        Refused(Bytes(whole[..^100])).ShouldContain("does not have the checksum");
        var flipped = (byte[])whole.Clone();
        flipped[^50] ^= 1;
        Refused(Bytes(flipped)).ShouldContain("does not have the checksum");
        Refused(Bytes([.. whole, 0])).ShouldContain("does not have the checksum");
    }

    /// <summary>Numbers of 64 bits, which no builder writes there; the sums of the package are right.</summary>
    [Theory]
    [InlineData(1003, 7u)]
    [InlineData(1003, uint.MaxValue)]
    [InlineData(1006, 1u)]
    public void An_rpm_with_an_epoch_or_a_build_time_out_of_bounds_is_refused(int tag, uint high)
    {
        var path = TestPackages.Rpm(_folder, requires: "Epoch: 7");
        AgentPackageFile.Read(path).Version.ShouldBe("7:0.2.0-1");

        Refused(Bytes(Widened(path, tag, high)))
            .ShouldBe("the package has an epoch or a build time that is out of bounds");
    }

    [Fact]
    public void Whatever_bytes_are_wrong_a_package_is_read_or_refused()
    {
        foreach (var path in (string[])[TestPackages.Deb(_folder), TestPackages.Rpm(_folder)])
        {
            var whole = File.ReadAllBytes(path);
            for (var at = 0; at < Math.Min(whole.Length, 4000); at += 3)
            {
                var wrong = (byte[])whole.Clone();
                wrong[at] ^= (byte)(1 << at % 8);
                try
                {
                    AgentPackageFile.Read(Bytes(wrong));
                }
                catch (RefusedException e)
                {
                    e.Message.ShouldNotContain("\n");
                }
            }
        }
    }

    [Fact]
    public void An_archive_that_unpacks_to_very_much_is_refused()
    {
        var zeros = _folder.File("zeros");
        using (var file = File.Create(zeros))
            file.SetLength(64 << 20);
        foreach (var (tool, ending) in (ReadOnlySpan<(string, string)>)[("xz", "xz"), ("gzip", "gz"), ("zstd", "zst")])
        {
            Shell.Run("bash", "-c", $"{tool} -c < {zeros} > {zeros}.{ending}");
            Refused(WithControl($"control.tar.{ending}", File.ReadAllBytes($"{zeros}.{ending}")))
                .ShouldContain("more than 4194304 bytes");
        }
    }

    [Fact]
    public void An_archive_that_needs_much_memory_is_refused()
    {
        var tar = _folder.Write("some", new string('x', 10_000));
        Shell.Run("bash", "-c", $"xz -c --lzma2=dict=1GiB < {tar} > {tar}.xz");
        Refused(WithControl("control.tar.xz", File.ReadAllBytes($"{tar}.xz"))).ShouldContain("dictionary");
        Shell.Run("bash", "-c", $"xz -c --block-size=1000 < {tar} > {tar}.xz");
        Refused(WithControl("control.tar.xz", File.ReadAllBytes($"{tar}.xz"))).ShouldContain("several xz blocks");
        Shell.Run("bash", "-c", $"xz -c --x86 --lzma2 < {tar} > {tar}.xz");
        Refused(WithControl("control.tar.xz", File.ReadAllBytes($"{tar}.xz"))).ShouldContain("other than LZMA2");
    }

    [Theory]
    [InlineData("Package: kernelcare\n\nPackage: other\n", "after an empty line")]
    [InlineData("Package: kernelcare\nPackage: kernelcare\n", "twice")]
    [InlineData("Package: kernelcare\npackage: kernelcare\n", "twice")]
    [InlineData(" x\nPackage: kernelcare\n", "begins with a blank")]
    [InlineData("Package kernelcare\n", "without a field name")]
    [InlineData("Package: kernel\0care\n", "control characters")]
    public void Control_files_of_another_form_are_refused(string text, string reason) =>
        Should
            .Throw<RefusedException>(() => ControlFields.Parse(Encoding.UTF8.GetBytes(text)))
            .Message.ShouldContain(reason);

    private static string Refused(string path) =>
        Should.Throw<RefusedException>(() => AgentPackageFile.Read(path)).Message;

    private string Bytes(byte[] content)
    {
        var path = _folder.File("bytes");
        File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>
    /// The package with one number of its header as 64 bits, and the sum of the header that goes with it.
    /// </summary>
    private static byte[] Widened(string path, int tag, uint high)
    {
        const int Intro = 16;
        const int Entry = 16;
        const byte Long = 5;
        var rpm = AgentPackageFile.Read(path).Rpm!;
        var package = File.ReadAllBytes(path);
        var header = package.AsSpan((int)rpm.HeaderStart, (int)(rpm.HeaderEnd - rpm.HeaderStart));
        var before = Convert.ToHexStringLower(SHA256.HashData(header));
        var count = BinaryPrimitives.ReadInt32BigEndian(header[8..]);
        var index = header.Slice(Intro, count * Entry);
        var at = 0;
        while (BinaryPrimitives.ReadInt32BigEndian(index[at..]) != tag)
            at += Entry;
        index[at + 7] = Long;
        var value = header[(Intro + index.Length + BinaryPrimitives.ReadInt32BigEndian(index[(at + 8)..]))..];
        BinaryPrimitives.WriteUInt32BigEndian(value, high);
        var after = Convert.ToHexStringLower(SHA256.HashData(header));
        Encoding
            .ASCII.GetBytes(after)
            .CopyTo(package.AsSpan(package.AsSpan().IndexOf(Encoding.ASCII.GetBytes(before))));
        return package;
    }

    /// <summary>A package that is right but for its control archive.</summary>
    private string WithControl(string name, byte[] archive)
    {
        var parts = _folder.File($"parts-{Guid.NewGuid():N}");
        Directory.CreateDirectory(parts);
        File.WriteAllText($"{parts}/debian-binary", "2.0\n");
        File.WriteAllBytes($"{parts}/{name}", archive);
        File.WriteAllText($"{parts}/data.tar", "");
        Shell.Run("ar", "rc", $"{parts}.deb", $"{parts}/debian-binary", $"{parts}/{name}", $"{parts}/data.tar");
        return $"{parts}.deb";
    }
}
