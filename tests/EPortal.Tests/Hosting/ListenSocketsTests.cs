using System.Globalization;
using System.Net;
using EPortal.Hosting;
using EPortal.Hosting.Service;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting;

public sealed class ListenSocketsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_address_of_another_machine_is_named()
    {
        // RFC 5737: no machine has it.
        var address = new IPEndPoint(IPAddress.Parse("203.0.113.7"), 8080);

        Should
            .Throw<StartException>(() => ListenSockets.Own.Open(address))
            .Message.ShouldBe(
                "cannot listen on 203.0.113.7:8080 (LISTEN): no interface of this machine has this address"
            );
    }

    /// <summary>Started as root the portal is its own user before it listens.</summary>
    [Fact]
    public async Task A_port_that_only_root_may_have_is_named_with_what_to_do()
    {
        const int Port = 1023;
        Assert.SkipUnless(Shell.IsRoot, "only root has rights to give up");
        Assert.SkipWhen(
            int.Parse(
                await File.ReadAllTextAsync("/proc/sys/net/ipv4/ip_unprivileged_port_start", Cancellation),
                CultureInfo.InvariantCulture
            ) <= Port,
            "every user may listen on every port here"
        );
        Shell.Run("chmod", "711", _folder.Path);
        using var child = ChildProcess.Start(
            "portal",
            new Dictionary<string, string>
            {
                ["ROLE_ARGUMENTS"] = "serve",
                ["EPORTAL_CONFIG"] = "/dev/null",
                ["EPORTAL_RUN_AS"] = "nobody",
                ["EPORTAL_DATA_DIR"] = _folder.File("data"),
                ["EPORTAL_LISTEN"] = $"'http://127.0.0.1:{Port}'",
            }
        );

        var (exit, _, error) = await child.EndAsync(Cancellation);

        exit.ShouldBe(1);
        error.ShouldEndWith(
            $"error: cannot listen on 127.0.0.1:{Port} (LISTEN): permission denied; ports below 1024 need root: "
                + "use another port behind nginx, or systemctl enable --now eportal.socket\n"
        );
        Shell.Stat(_folder.File("data")).ShouldBe("700 nobody");
    }
}
