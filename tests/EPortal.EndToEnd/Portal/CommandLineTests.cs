using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.Portal;

/// <summary>The shipped programs themselves, as an administrator calls them.</summary>
public sealed class CommandLineTests
{
    [Fact]
    public async Task A_key_made_by_command_is_known_to_the_next_command_and_to_a_running_portal()
    {
        using var installation = new PortalInstallation();
        await using var portal = await installation.ServeAsync();

        await installation.DoAsync("key", "-a", "first-key", "--note", "bank");

        (await installation.DoAsync("key")).ShouldContain("first-key");
        using var http = new HttpClient { BaseAddress = portal.Address };
        var answer = await http.GetStringAsync(
            new Uri("/admin/api/kcare/register_server.plain?hostname=a&key=first-key", UriKind.Relative),
            TestContext.Current.CancellationToken
        );
        answer.ShouldContain("server_id:");
        (await portal.SignalAsync("TERM")).ShouldBe(0);
    }
}
