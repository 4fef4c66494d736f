using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace EPortal.Agents.Packages;

/// <summary>A package of the agent that was read and found right.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Name">Its name in the repository, such as <c>kernelcare_0.2.0-1_amd64.deb</c>.</param>
/// <param name="Version">Version, with epoch and release where it has them.</param>
/// <param name="Architecture">As its package manager writes it: <c>amd64</c>, <c>x86_64</c>.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Sha256">Lower-case hex.</param>
/// <param name="Control">The control fields of a Debian package.</param>
/// <param name="Rpm">The headers of an RPM package.</param>
internal sealed partial record AgentPackageFile(
    string Path,
    string Name,
    string Version,
    string Architecture,
    long Size,
    string Sha256,
    ControlFields? Control,
    RpmPackage? Rpm
)
{
    /// <summary>What the package is called in all package managers.</summary>
    public const string PackageName = "kernelcare";

    /// <summary>Largest package, in bytes.</summary>
    public const long MaxBytes = 128 << 20;

    /// <summary>Architectures of Debian packages.</summary>
    public static readonly string[] DebArchitectures = ["amd64", "arm64"];

    /// <summary>Architectures of RPM packages.</summary>
    public static readonly string[] RpmArchitectures = ["x86_64", "aarch64"];

    /// <summary>Ending of its name: <c>.deb</c> or <c>.rpm</c>.</summary>
    public string Ending => Control is null ? ".rpm" : ".deb";

    /// <summary>Reads a package and checks that it is one of the agent.</summary>
    /// <param name="path">Where it lies.</param>
    /// <exception cref="Data.RefusedException">It is none; the message says why.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static AgentPackageFile Read(string path)
    {
        using var file = File.OpenRead(path);
        if (file.Length > MaxBytes)
            throw BadPackage.Because($"the package is larger than {MaxBytes} bytes");
        var head = new byte[8];
        var length = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        file.Position = 0;
        var package =
            DebReader.Begins(head.AsSpan(0, length)) ? Deb(path, DebReader.Read(file))
            : RpmPackage.Begins(head.AsSpan(0, length)) ? OfRpm(path, RpmPackage.Read(file))
            : throw BadPackage.Because("neither a Debian package nor an RPM package");
        file.Position = 0;
        return package with { Size = file.Length, Sha256 = Convert.ToHexStringLower(SHA256.HashData(file)) };
    }

    private static AgentPackageFile Deb(string path, ControlFields control)
    {
        var (version, architecture) = (control["Version"], control["Architecture"]);
        Require(control["Package"], architecture, DebArchitectures);
        if (!DebVersion().IsMatch(version))
            throw BadPackage.Because("the version of the package is not one of Debian's form");
        var name = $"{PackageName}_{version.Split(':')[^1]}_{architecture}.deb";
        return new AgentPackageFile(path, name, version, architecture, 0, "", control, null);
    }

    private static AgentPackageFile OfRpm(string path, RpmPackage rpm)
    {
        Require(rpm.Name, rpm.Architecture, RpmArchitectures);
        if (rpm.IsSource)
            throw BadPackage.Because("this is a source package");
        if (!RpmVersion().IsMatch(rpm.Version) || !RpmVersion().IsMatch(rpm.Release))
            throw BadPackage.Because(
                "version and release of the package must begin with a letter or digit, and have only those and . _ + ~ ^"
            );
        if (rpm.Epoch is < 0 or > uint.MaxValue || rpm.Built is < 0 or > uint.MaxValue)
            throw BadPackage.Because("the package has an epoch or a build time that is out of bounds");
        var version = $"{(rpm.Epoch == 0 ? "" : $"{rpm.Epoch}:")}{rpm.Version}-{rpm.Release}";
        var name = $"{PackageName}-{rpm.Version}-{rpm.Release}.{rpm.Architecture}.rpm";
        return new AgentPackageFile(path, name, version, rpm.Architecture, 0, "", null, rpm);
    }

    private static void Require(string name, string architecture, string[] architectures)
    {
        if (name != PackageName)
            throw BadPackage.Because($"not a package of the agent: it must be called {PackageName}");
        if (!architectures.Contains(architecture))
            throw BadPackage.Because($"the package must be for {string.Join(" or ", architectures)}");
    }

    [GeneratedRegex(@"^([0-9]{1,5}:)?[0-9][A-Za-z0-9.+~-]{0,100}\z")]
    private static partial Regex DebVersion();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._+~^]{0,99}\z")]
    private static partial Regex RpmVersion();
}
