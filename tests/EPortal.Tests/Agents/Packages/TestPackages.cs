using EPortal.Tests.Hosting;

namespace EPortal.Tests.Agents.Packages;

/// <summary>Packages as dpkg-deb and rpmbuild make them, with a program that is a script.</summary>
internal static class TestPackages
{
    /// <summary>Builds a Debian package and gives its path.</summary>
    /// <param name="folder">Where it may write.</param>
    /// <param name="version">Its version.</param>
    /// <param name="architecture">Its architecture.</param>
    /// <param name="name">Its name.</param>
    /// <param name="compression">Of its members: <c>xz</c>, <c>gzip</c>, <c>zstd</c> or <c>none</c>.</param>
    /// <param name="fields">Further lines of its control file.</param>
    public static string Deb(
        TempFolder folder,
        string version = "0.2.0-1",
        string architecture = "amd64",
        string name = "kernelcare",
        string compression = "xz",
        string fields = ""
    )
    {
        var tree = folder.File($"tree-{Guid.NewGuid():N}");
        Directory.CreateDirectory($"{tree}/DEBIAN");
        Directory.CreateDirectory($"{tree}/usr/bin");
        // The portal's mask is strict, and dpkg-deb wants the folder to be readable.
        foreach (var inner in (string[])["DEBIAN", "usr", "usr/bin"])
            File.SetUnixFileMode($"{tree}/{inner}", (UnixFileMode)0b111_101_101);
        Program($"{tree}/usr/bin/kcarectl");
        File.WriteAllText(
            $"{tree}/DEBIAN/control",
            $"Package: {name}\nVersion: {version}\nArchitecture: {architecture}\nMaintainer: Nobody <nobody@localhost>\n"
                + $"{fields}Description: the agent\n Two lines of it.\n"
        );
        var package = folder.File($"{Guid.NewGuid():N}.deb");
        Shell.Run("dpkg-deb", "--root-owner-group", $"-Z{compression}", "--uniform-compression", "-b", tree, package);
        return package;
    }

    /// <summary>Builds an RPM package and gives its path.</summary>
    /// <param name="folder">Where it may write.</param>
    /// <param name="version">Its version.</param>
    /// <param name="architecture">Its architecture.</param>
    /// <param name="name">Its name.</param>
    /// <param name="requires">Line of what it needs; may be empty.</param>
    public static string Rpm(
        TempFolder folder,
        string version = "0.2.0",
        string architecture = "x86_64",
        string name = "kernelcare",
        string requires = "Requires: glibc >= 2.17, /bin/sh"
    )
    {
        var top = folder.File($"rpm-{Guid.NewGuid():N}");
        Directory.CreateDirectory(top);
        Program($"{top}/kcarectl");
        File.WriteAllText(
            $"{top}/kernelcare.spec",
            $"""
            Name: {name}
            Version: {version}
            Release: 1
            Summary: The agent & more
            License: Apache-2.0
            AutoReqProv: no
            {requires}
            Provides: kcarectl = {version}-1
            Obsoletes: oldcare < 1

            %description
            Some <words>.

            %install
            mkdir -p %{"{buildroot}"}/usr/bin %{"{buildroot}"}/etc/sysconfig/kcare
            cp {top}/kcarectl %{"{buildroot}"}/usr/bin/

            %files
            /usr/bin/kcarectl
            %dir /etc/sysconfig/kcare

            """
        );
        Shell.Run(
            "rpmbuild",
            "-bb",
            "--quiet",
            "--target",
            architecture,
            "--define",
            $"_topdir {top}",
            "--define",
            "__os_install_post %{nil}",
            "--define",
            $"_rpmdir {top}",
            "--define",
            "_rpmfilename package.rpm",
            $"{top}/kernelcare.spec"
        );
        return $"{top}/package.rpm";
    }

    private static void Program(string path)
    {
        File.WriteAllText(path, "#!/bin/sh\necho kcarectl \"$@\"\n");
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
    }
}
