using EPortal.AgentClient;
using EPortal.Format;
using Kcarectl;
using Kcarectl.Cli;
using Kcarectl.Settings;
using Kcarectl.State;

namespace EPortal.Tests.Kcarectl;

/// <summary>A host of its own: root folder, kernel, and the agent on it.</summary>
internal sealed class FakeHost : IDisposable
{
    public const string ProcVersion = "Linux version 6.1.0-1-test (builder) #1 SMP\n";

    private static readonly HttpClient Http = PortalClient.CreateHttpClient(new("kcarectl", "1"));
    private readonly string _root = Directory.CreateTempSubdirectory("host").FullName;

    public FakeHost()
    {
        Paths = new AgentPaths(_root);
        Put("proc/version", ProcVersion);
        Put("proc/uptime", "4711.08 99.1\n");
        Put("proc/cpuinfo", "processor\t: 0\nmodel name\t: Example CPU\nflags\t\t: fpu hypervisor\n");
        Put("proc/sys/kernel/hostname", "web-1\n");
        Put("proc/sys/kernel/osrelease", "6.1.0-1-test\n");
        Put("proc/sys/kernel/version", "#1 SMP\n");
        Put("proc/sys/kernel/arch", "x86_64\n");
        Put("proc/sys/kernel/random/boot_id", "boot-1\n");
        Put("etc/os-release", "NAME=\"Debian GNU/Linux\"\nID=debian\nVERSION_ID=\"12\"\n");
        Directory.CreateDirectory(Paths.Under("sys/kernel/livepatch"));
        Directory.CreateDirectory(Paths.Under("sys/module"));
        Kernel = new FakeKernel(Paths);
    }

    public static string KernelId { get; } =
        EPortal.Format.KernelId.FromProcVersion(System.Text.Encoding.ASCII.GetBytes(ProcVersion));

    public AgentPaths Paths { get; }

    public FakeKernel Kernel { get; }

    public string Out { get; private set; } = "";

    public string Error { get; private set; } = "";

    public List<TimeSpan> Pauses { get; } = [];

    public AgentState State => new StateStore(Paths).Load(Kernel.BootId);

    public void Put(string relative, string text)
    {
        var path = Paths.Under(relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    public void PointAt(Uri portal, string more = "") =>
        File.WriteAllText(
            SettingsPath(),
            $"PATCH_SERVER={portal}\nREGISTRATION_URL={new Uri(portal, "/admin/api/kcare")}\nTRANSITION_TIMEOUT=1\n{more}"
        );

    public void Trust(params IEnumerable<MinisignPublicKey> keys) =>
        Put("etc/sysconfig/kcare/trusted.pub", string.Concat(keys.Select(k => k.ToText("tests") + "\n")));

    public async Task<int> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var environment = new AgentEnvironment(Paths, Kernel, Http, output, error)
        {
            Pause = (time, _) =>
            {
                Pauses.Add(time);
                return Task.CompletedTask;
            },
        };
        var code = await new AgentCommand(environment).RunAsync(args);
        (Out, Error) = (output.ToString(), error.ToString());
        return code;
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private string SettingsPath()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Paths.SettingsFile)!);
        return Paths.SettingsFile;
    }
}
