using System.CommandLine;
using System.Diagnostics;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using EPortal.Blobs;
using EPortal.Cli;
using EPortal.Data;
using EPortal.Format;
using EPortal.Hosting;
using EPortal.Tests.Format;

namespace EPortal.Tests.Hosting;

/// <summary>
/// Runs a role in a second process: the test program itself, which a variable tells what to be instead of a test
/// runner. For what one process cannot try on itself: losing root's rights, dying with a lock in its hand.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private const string RoleVariable = "EPORTAL_TEST_ROLE";

    private readonly Process _process;

    private ChildProcess(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>Starts a role; the environment holds these variables and no other EPORTAL_ ones.</summary>
    /// <param name="role">The role.</param>
    /// <param name="environment">The variables.</param>
    /// <param name="under">A program that is given the call to make, with its arguments.</param>
    public static ChildProcess Start(
        string role,
        Dictionary<string, string> environment,
        params IReadOnlyList<string> under
    )
    {
        // A shell in whose background the tests run has their signals ignored, which children inherit.
        var start = new ProcessStartInfo(
            "/usr/bin/env",
            ["--default-signal=INT,TERM", .. under, Path.Combine(AppContext.BaseDirectory, "EPortal.Tests")]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment[RoleVariable] = role;
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new ChildProcess(Process.Start(start)!);
    }

    /// <summary>Waits for one line of its output.</summary>
    public async Task<string?> ReadLineAsync(CancellationToken cancellation) =>
        await _process.StandardOutput.ReadLineAsync(cancellation);

    /// <summary>Waits for its end, a minute at most, and takes all that it has said.</summary>
    public async Task<(int Exit, string Out, string Err)> EndAsync(CancellationToken cancellation)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(TimeSpan.FromMinutes(1));
        var output = _process.StandardOutput.ReadToEndAsync(deadline.Token);
        var error = _process.StandardError.ReadToEndAsync(deadline.Token);
        await _process.WaitForExitAsync(deadline.Token);
        return (_process.ExitCode, await output, await error);
    }

    /// <summary>Ends it as <c>kill -9</c> does.</summary>
    public void Kill() => _process.Kill();

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    [ModuleInitializer]
    internal static void TakeRole()
    {
        if (Environment.GetEnvironmentVariable(RoleVariable) is not { } role)
            return;
        Environment.Exit(
            role switch
            {
                "enter" => Enter(),
                "lock" => HoldLock(),
                "wait" => WaitForStop(),
                "kc" => RunCommand(CommandLine.Administration),
                "portal" => RunCommand(CommandLine.Server),
                "publish" => Publish(),
                "gzip" => VerifyCutGzip(),
                _ => throw new InvalidOperationException($"no role {role}"),
            }
        );
    }

    /// <summary>Enters the data folder as a program does at its start, then tells what the kernel says of it.</summary>
    private static int Enter()
    {
        var settings = Settings.Defaults with
        {
            DataDir = Environment.GetEnvironmentVariable("ROLE_DATA_DIR")!,
            RunAs = Environment.GetEnvironmentVariable("ROLE_RUN_AS"),
        };
        try
        {
            var folder = DataFolder.Enter(settings);
            DurableFile.Write(folder.PathOf("config/config.json"), "{}"u8);
            File.WriteAllText(folder.PathOf("cache/plain"), "");
            Directory.CreateDirectory(folder.PathOf("cache/folder"));
        }
        catch (StartException refusal)
        {
            Console.Error.WriteLine(refusal.Message);
            return 1;
        }

        foreach (var thread in Directory.EnumerateDirectories("/proc/self/task"))
            Console.WriteLine(string.Join('|', File.ReadLines(Path.Combine(thread, "status")).Where(IsAboutRights)));
        return 0;
    }

    private static bool IsAboutRights(string line) =>
        line.StartsWith("Uid:", StringComparison.Ordinal)
        || line.StartsWith("Gid:", StringComparison.Ordinal)
        || line.StartsWith("Groups:", StringComparison.Ordinal)
        || line.StartsWith("CapEff:", StringComparison.Ordinal)
        || line.StartsWith("CapPrm:", StringComparison.Ordinal)
        || line.StartsWith("Umask:", StringComparison.Ordinal);

    /// <summary>A command that ends only when it is told to stop.</summary>
    private static int WaitForStop() =>
        CliApp
            .RunProcessAsync(
                context =>
                {
                    var root = new Command("wait");
                    root.SetAction(
                        (_, cancellation) =>
                        {
                            context.Line("ready");

                            // Other threads cannot enter this assembly while its initializer runs, so nothing follows
                            // the wait.
                            return Task.Delay(Timeout.Infinite, cancellation);
                        }
                    );
                    return root;
                },
                []
            )
            .GetAwaiter()
            .GetResult();

    /// <summary>Is <c>kc.eportal</c> or <c>eportal</c>, with arguments a line each.</summary>
    private static int RunCommand(Func<CliContext, Command> root) =>
        CliApp
            .RunProcessAsync(root, Environment.GetEnvironmentVariable("ROLE_ARGUMENTS")!.Split('\n'))
            .GetAwaiter()
            .GetResult();

    private static int HoldLock()
    {
        using var held = FileLock.Acquire(Environment.GetEnvironmentVariable("ROLE_LOCK")!);
        Console.WriteLine("held");
        Console.In.ReadToEnd();
        return 0;
    }

    /// <summary>Checks an archive that lacks its last byte, in a process that has read other gzip before.</summary>
    private static int VerifyCutGzip()
    {
        using (var other = new GZipStream(new MemoryStream(), CompressionMode.Decompress))
            other.ReadByte();
        var archive = SamplePatchset.BuildAsync(Compression.Gzip).GetAwaiter().GetResult();
        try
        {
            PatchsetArchive
                .VerifyAsync(
                    new MemoryStream(archive[..^1]),
                    TrustedKeys.None,
                    PatchsetLimits.Default,
                    SamplePatchset.Now,
                    CancellationToken.None
                )
                .GetAwaiter()
                .GetResult();
            Console.WriteLine("accepted");
        }
        catch (PatchsetException e)
        {
            Console.WriteLine(e.Code);
        }

        return 0;
    }

    /// <summary>Puts something where it belongs, in one of the ways that must outlive a power cut.</summary>
    private static int Publish()
    {
        var root = Environment.GetEnvironmentVariable("ROLE_ROOT")!;
        var product = Enum.Parse<Product>(Environment.GetEnvironmentVariable("ROLE_PRODUCT")!);
        var folders = new PatchFolders(root);
        using var staged = folders.Stage();
        var target = Path.Combine(staged.Unpacked, "target", "1");
        Directory.CreateDirectory(target);
        foreach (var name in (string[])["kpatch.bin", PatchDescription.FileName, PatchDescription.SignatureFileName])
            File.WriteAllText(Path.Combine(target, name), "patch");
        File.WriteAllText(staged.Archive, "archive");
        switch (Environment.GetEnvironmentVariable("ROLE_WAY"))
        {
            case "cache":
                folders.PublishCache(staged, product, "K1");
                break;
            case "descriptions":
                Directory.CreateDirectory(Path.Combine(folders.FolderOf(product, "K1"), "target", "1"));
                folders.TakeDescriptions(
                    staged,
                    product,
                    "K1",
                    SamplePatchset.Head() with
                    {
                        Targets = [SamplePatchset.Target("target")],
                    }
                );
                break;
            case "file":
                DurableFile.Write(Path.Combine(root, "state"), "new"u8);
                break;
            case "new file":
                DurableFile.WriteNew(Path.Combine(root, "state"), "new"u8);
                break;
            case "high water":
                using (var water = new HighWater(root))
                {
                    water.Write(new HighWaterLevel("abcdefabcdef", 1, 1, 1));
                    water.WriteMark(2);
                }

                break;
            case "output":
                using (var output = OutputFile.CreateBesideOrNull(Path.Combine(root, "state"), Console.WriteLine)!)
                {
                    output.Content.Write("new"u8);
                    output.Keep();
                }

                break;
            default:
                folders.Publish(staged, product, "K1", "K1.tar");
                break;
        }

        return 0;
    }
}
