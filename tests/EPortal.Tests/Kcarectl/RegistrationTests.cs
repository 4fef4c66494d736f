using System.Runtime.Versioning;
using Kcarectl.Cli;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Kcarectl;

[SupportedOSPlatform("linux")]
public sealed class RegistrationTests : IAsyncLifetime
{
    private const string Id = "QWERTYUIOPASDFGH";
    private readonly FakeHost _host = new();
    private FakePortal _portal = null!;

    public async ValueTask InitializeAsync()
    {
        _portal = await FakePortal.StartAsync();
        _host.PointAt(_portal.Address);
        _portal.Plain["register_server.plain"] = $"code:0\nserver_id:{Id}\n";
    }

    public async ValueTask DisposeAsync()
    {
        await _portal.DisposeAsync();
        _host.Dispose();
    }

    [Fact]
    public async Task The_id_is_kept_for_the_owner_alone()
    {
        (await _host.RunAsync("--register", "my-key")).ShouldBe(0);
        (await File.ReadAllTextAsync(_host.Paths.SystemIdFile, TestContext.Current.CancellationToken)).ShouldBe(
            $"server_id={Id}\n"
        );
        File.GetUnixFileMode(_host.Paths.SystemIdFile).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Directory.EnumerateFiles(Path.GetDirectoryName(_host.Paths.SystemIdFile)!, ".*").ShouldBeEmpty();
        _portal.PlainCalls.ShouldBe(["register_server.plain hostname=web-1&key=my-key"]);
    }

    [Fact]
    public async Task Registering_again_ends_the_former_registration()
    {
        _host.Put("etc/sysconfig/kcare/systemid", "server_id=OLD\n");
        (await _host.RunAsync("--register", "my-key")).ShouldBe(0);
        _portal.PlainCalls[1].ShouldBe("unregister_server.plain server_id=OLD");
    }

    [Theory]
    [InlineData("a folder")]
    [InlineData("a link to nothing")]
    public async Task An_id_that_cannot_be_kept_is_not_asked_for(string place)
    {
        var file = _host.Paths.SystemIdFile;
        File.Delete(file);
        if (place == "a folder")
            Directory.CreateDirectory(file);
        else
            File.CreateSymbolicLink(file, file + ".gone");

        (await _host.RunAsync("--register", "my-key")).ShouldBe(ExitCode.Local);

        _portal.PlainCalls.ShouldBeEmpty("the portal would have a server that nobody is");
        _host.Error.ShouldContain(file);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\0\0\0\0")]
    [InlineData("server_id=\n")]
    [InlineData("server_id=../../etc\n")]
    public async Task A_file_that_holds_no_id_is_replaced(string content)
    {
        _host.Put("etc/sysconfig/kcare/systemid", content);
        (await _host.RunAsync("--check")).ShouldBe(ExitCode.Local);
        _host.Error.ShouldContain("run kcarectl --register KEY to replace it");
        (await _host.RunAsync("--register", "my-key")).ShouldBe(0);
        (await File.ReadAllTextAsync(_host.Paths.SystemIdFile, TestContext.Current.CancellationToken)).ShouldBe(
            $"server_id={Id}\n"
        );
        _portal.PlainCalls.Count.ShouldBe(1, "there is no former registration to end");
    }

    [Fact]
    public async Task A_refused_key_changes_nothing()
    {
        _host.Put("etc/sysconfig/kcare/systemid", "server_id=OLD\n");
        _portal.Plain["register_server.plain"] = "code:2\nmessage:unknown key\n";
        (await _host.RunAsync("--register", "bad")).ShouldBe(ExitCode.PortalRefused);
        _host.Error.ShouldBe("kcarectl: the portal refused the key: unknown key\n");
        _portal.PlainCalls.Count.ShouldBe(1);
        (await File.ReadAllTextAsync(_host.Paths.SystemIdFile, TestContext.Current.CancellationToken)).ShouldBe(
            "server_id=OLD\n"
        );
    }

    [Fact]
    public async Task Unregistering_forgets_the_id()
    {
        (await _host.RunAsync("--unregister")).ShouldBe(ExitCode.NotRegistered);
        await _host.RunAsync("--register", "k");
        (await _host.RunAsync("--unregister")).ShouldBe(0);
        File.Exists(_host.Paths.SystemIdFile).ShouldBeFalse();
        _portal.PlainCalls[^1].ShouldBe($"unregister_server.plain server_id={Id}");
    }

    [Theory]
    [InlineData("env:prod;ubuntu")]
    [InlineData("@here")]
    [InlineData("")]
    public async Task Tags_are_set_and_removed(string tags)
    {
        await _host.RunAsync("--register", "k");
        (await _host.RunAsync("--tag", tags)).ShouldBe(0);
        _portal.PlainCalls[^1].ShouldBe($"tag_server.plain server_id={Id}&tag={tags}");
    }

    [Fact]
    public async Task License_info_asks_the_portal()
    {
        (await _host.RunAsync("--license-info")).ShouldBe(ExitCode.NotRegistered);
        await _host.RunAsync("--register", "k");
        (await _host.RunAsync("--license-info")).ShouldBe(0);
        _host.Out.ShouldBe($"registered as {Id} at {_portal.Address}admin/api/kcare\n");
        _portal.Plain["check.plain"] = "code:1\nmessage:no server with this id is registered\n";
        (await _host.RunAsync("--license-info")).ShouldBe(ExitCode.NotRegistered);
    }

    [Fact]
    public async Task An_id_that_the_portal_no_longer_knows_is_forgotten()
    {
        await _host.RunAsync("--register", "k");
        _portal.Plain["unregister_server.plain"] = "code:1\nmessage:no server with this id is registered\n";
        (await _host.RunAsync("--unregister")).ShouldBe(0);
        File.Exists(_host.Paths.SystemIdFile).ShouldBeFalse();
    }

    [Fact]
    public async Task Another_portal_is_set_and_the_rest_of_the_file_stays()
    {
        _host.Put(
            "etc/sysconfig/kcare/kcare.conf",
            "# ours\nAUTO_UPDATE=True\nPATCH_SERVER=http://old/\nOTHER = 1\nPATCH_SERVER=http://older/\n"
        );
        (await _host.RunAsync("--set-patch-server", "https://eportal.corp:8443")).ShouldBe(0);
        (await File.ReadAllTextAsync(_host.Paths.SettingsFile, TestContext.Current.CancellationToken)).ShouldBe(
            "# ours\nAUTO_UPDATE=True\nPATCH_SERVER=https://eportal.corp:8443/\nOTHER = 1\n"
                + "REGISTRATION_URL=https://eportal.corp:8443/admin/api/kcare\n"
        );
    }

    [Theory]
    [InlineData("ftp://portal/")]
    [InlineData("portal")]
    [InlineData("http://user:secret@portal/")]
    [InlineData("http://portal/?x=1")]
    public async Task A_bad_address_is_bad_usage(string address)
    {
        var before = await File.ReadAllTextAsync(_host.Paths.SettingsFile, TestContext.Current.CancellationToken);
        (await _host.RunAsync("--set-patch-server", address)).ShouldBe(ExitCode.BadUsage);
        (await File.ReadAllTextAsync(_host.Paths.SettingsFile, TestContext.Current.CancellationToken)).ShouldBe(before);
    }
}
