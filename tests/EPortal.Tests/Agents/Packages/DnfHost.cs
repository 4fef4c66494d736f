using System.Diagnostics;
using Shouldly;

namespace EPortal.Tests.Agents.Packages;

/// <summary>dnf with folders of its own and the file that the portal's script writes.</summary>
internal sealed class DnfHost
{
    private readonly string _root;

    private DnfHost(string root) => _root = root;

    /// <summary>What is installed lies below this folder.</summary>
    public string Root => $"{_root}/root";

    /// <summary>A host that pinned the key of <paramref name="site"/>.</summary>
    /// <param name="site">The portal.</param>
    /// <param name="url">Where it finds the repository; that of the portal when null.</param>
    /// <param name="check">How lists are checked.</param>
    public static async Task<DnfHost> MakeAsync(
        RepositorySite site,
        string? url = null,
        string check = "repo_gpgcheck=1"
    )
    {
        var root = site.Folder.File($"dnf-{Guid.NewGuid():N}");
        Directory.CreateDirectory($"{root}/repos");
        Directory.CreateDirectory($"{root}/log");
        File.WriteAllText(
            $"{root}/repos/kernelcare.repo",
            $"""
            [kernelcare]
            name=KernelCare agent
            baseurl={url ?? site.Url}/repo/rpm
            enabled=1
            gpgcheck=1
            {check}
            gpgkey=file://{await site.KeyFileAsync()}

            """
        );
        File.WriteAllText($"{root}/dnf.conf", "[main]\nretries=1\n");
        return new DnfHost(root);
    }

    /// <summary>Runs dnf; it must succeed.</summary>
    public string Run(params string[] args)
    {
        var (exit, output) = Try(args);
        exit.ShouldBe(0, output);
        return output;
    }

    /// <summary>Runs dnf; it must fail.</summary>
    public string Refuses(params string[] args)
    {
        var (exit, output) = Try(args);
        exit.ShouldNotBe(0, output);
        return output;
    }

    private (int ExitCode, string Output) Try(string[] args)
    {
        string[] fixedArgs =
        [
            "-c",
            $"{_root}/dnf.conf",
            "-y",
            "--installroot",
            Root,
            "--releasever=9",
            "--forcearch=x86_64",
            $"--setopt=reposdir={_root}/repos",
            $"--setopt=cachedir={_root}/cache",
            $"--setopt=logdir={_root}/log",
            $"--setopt=varsdir={_root}/vars",
            .. args,
        ];
        using var process = Process.Start(
            new ProcessStartInfo("sh", ["-c", "exec dnf \"$@\" 2>&1", "dnf", .. fixedArgs])
            {
                RedirectStandardOutput = true,
                Environment = { ["LC_ALL"] = "C.UTF-8" },
            }
        )!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
