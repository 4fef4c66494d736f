using System.Globalization;
using System.Text;
using EPortal.EndToEnd.Kernel;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Journey;

/// <summary>
/// A booted kernel with the agent in it, for all stories of a class. Booting is what takes time, so a story begins by
/// making the host what it was when it had just been installed.
/// </summary>
public sealed class AgentHost : IAsyncLifetime
{
    /// <summary>Shows that level 1 runs.</summary>
    internal const string ShowsLevel1 = "this has been live patched, level 1";

    /// <summary>Shows that level 2 runs.</summary>
    internal const string ShowsLevel2 = "this has been live patched, level 2";

    /// <summary>The modules: of level 1, of level 2, and one for a kernel that is not this one.</summary>
    internal const string Level1 = "kpatch_demo_1";

    internal const string Level2 = "kpatch_demo_2";

    internal const string Bad = "kpatch_demo_bad";

    internal KernelLaboratory Laboratory { get; private set; } = null!;

    internal GuestMachine Guest { get; private set; } = null!;

    /// <summary>Some program that takes what <c>curl</c> takes: busybox has none.</summary>
    private const string Curl = """
        #!/bin/sh
        to=- from=
        while [ $# -gt 0 ]; do
            case $1 in
            --retry) shift ;;
            -o) to=$2; shift ;;
            http*) from=$1 ;;
            esac
            shift
        done
        exec wget -q -O "$to" "$from"
        """;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        Laboratory = await KernelLaboratory.GetAsync();
        Guest = await BootAsync();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Guest is null ? ValueTask.CompletedTask : Guest.DisposeAsync();

    internal Task<GuestMachine> BootAsync(params IEnumerable<GuestFile> files)
    {
        var agent = GuestFile.Program("/usr/bin/kcarectl", Programs.Agent);
        return GuestMachine.StartAsync(
            Laboratory,
            [agent, agent with { Path = "/usr/bin/curl", Content = Encoding.ASCII.GetBytes(Curl) }, .. files]
        );
    }

    /// <summary>Nothing of an earlier story is left: no patch, no settings, no registration, no downloads.</summary>
    internal async Task ForgetAsync()
    {
        await Guest.ForgetLivePatchesAsync();
        await Guest.ReadAsync("rm -rf /etc/sysconfig /var/lib/kcare /var/cache/kcare /etc/cron.d /tmp/*");
    }

    /// <summary>Ends this machine as a power cut does, and boots it again with what was on its disk.</summary>
    internal async Task RebootAsync()
    {
        var paths = (await Guest.ReadAsync("find /etc/sysconfig/kcare /var/lib/kcare /var/cache/kcare -type f")).Split(
            '\n'
        );
        var files = new List<GuestFile>();
        foreach (var path in paths)
        {
            var mode = await Guest.ReadAsync($"stat -c %a '{path}'");
            files.Add(new GuestFile(path, (UnixFileMode)Convert.ToInt32(mode, 8), await Guest.ReadFileAsync(path)));
        }

        await Guest.DisposeAsync();
        Guest = await BootAsync(files);
    }

    internal Task<CommandResult> TryAgentAsync(string arguments) => Guest.RunAsync($"kcarectl {arguments}");

    /// <summary>Runs the agent; it must succeed.</summary>
    internal async Task<string> AgentAsync(string arguments)
    {
        var result = await TryAgentAsync(arguments);
        result.ExitCode.ShouldBe(0, $"kcarectl {arguments}: {result}");
        return result.Stdout.TrimEnd();
    }

    internal Task PointAgentAtAsync(int port) =>
        AgentAsync(
            string.Create(CultureInfo.InvariantCulture, $"--set-patch-server http://{GuestMachine.HostAddress}:{port}/")
        );

    /// <summary>The kernel runs exactly this module (none when null), and shows it to everybody who asks; while a
    /// module holds its readers, nobody asks.</summary>
    internal async Task RunsAsync(string? module, bool held = false)
    {
        await Guest.SettledAsync(module is null ? [] : [module]);
        (await Guest.ReadAsync("ls /sys/module | grep ^kpatch_ || true")).ShouldBe(module ?? "");
        if (held)
            return;
        (await Guest.CommandLineAsync()).ShouldStartWith(
            module switch
            {
                Level1 => ShowsLevel1,
                Level2 => ShowsLevel2,
                _ => "console=ttyS0 ",
            }
        );
    }
}
