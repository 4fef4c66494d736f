using System.Diagnostics;
using Shouldly;

namespace EPortal.Tests.Agents.Packages;

/// <summary>apt with folders of its own and the line that the portal's script writes.</summary>
internal sealed class AptHost
{
    private readonly string _configuration;

    private AptHost(string folder, string configuration) => (Folder, _configuration) = (folder, configuration);

    /// <summary>Where downloads go.</summary>
    public string Folder { get; }

    /// <summary>A host that pinned the key of <paramref name="site"/>.</summary>
    /// <param name="site">The portal.</param>
    /// <param name="url">Where it finds the repository; that of the portal when null.</param>
    public static async Task<AptHost> MakeAsync(RepositorySite site, string? url = null)
    {
        var root = site.Folder.File($"apt-{Guid.NewGuid():N}");
        foreach (
            var name in (string[])
                ["etc/parts", "etc/apt.conf.d", "state/lists/partial", "cache/archives/partial", "log", "here"]
        )
            Directory.CreateDirectory($"{root}/{name}");
        File.WriteAllText($"{root}/status", "");
        File.WriteAllText(
            $"{root}/etc/sources.list",
            $"deb [arch=amd64 signed-by={await site.KeyFileAsync()}] {url ?? site.Url}/repo/deb stable main\n"
        );
        File.WriteAllText(
            $"{root}/apt.conf",
            $"""
            Dir::Etc "{root}/etc";
            Dir::Etc::sourcelist "{root}/etc/sources.list";
            Dir::Etc::sourceparts "{root}/etc/parts";
            Dir::State "{root}/state";
            Dir::State::status "{root}/status";
            Dir::Cache "{root}/cache";
            Dir::Log "{root}/log";
            APT::Architecture "amd64";
            APT::Architectures "amd64";
            APT::Sandbox::User "";
            Acquire::Languages "none";

            """
        );
        return new AptHost($"{root}/here", $"{root}/apt.conf");
    }

    /// <summary>Runs apt-get; it must succeed.</summary>
    public string Run(params string[] args)
    {
        var (exit, output) = Try(args);
        exit.ShouldBe(0, output);
        return output;
    }

    /// <summary>Runs apt-get.</summary>
    public (int ExitCode, string Output) Try(params string[] args)
    {
        var start = new ProcessStartInfo("sh", ["-c", "exec apt-get \"$@\" 2>&1", "apt-get", .. args])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = Folder,
        };
        start.Environment["APT_CONFIG"] = _configuration;
        start.Environment["LC_ALL"] = "C";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
