using EPortal.Accounts;
using EPortal.Hosting;
using EPortal.Tests.Agents;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Operations;

[Trait("threat", "C26")]
public sealed class MetricsSecretTests
{
    private const string Secret = "hunter2-and-more";

    [Fact]
    public async Task No_secret_setting_password_server_id_or_key_is_among_metrics_or_reasons()
    {
        await using var portal = await TestPortal.StartAsync(AllSecrets);
        await portal.Portal.Users.Add(TestPortal.Admin, "ada", new UserSettings(Secret, IsAdmin: true));
        await portal.DeployAsync("K1", 1);
        var id = await portal.RegisterAsync();
        using var checkin = await portal.CheckInAsync(TestPortal.Facts(id));
        using var level = await portal.GetAsync($"/{TestPortal.KernelId}/latest.v2", id);
        using var login = await portal.GetAsync(
            $"/admin/api/keys?key={Secret}",
            headers: headers => headers.Authorization = TestPortal.Basic($"ada:{Secret}")
        );
        using var nagios = await portal.GetAsync($"/admin/api/kcare/nagios/{Secret}");
        await portal.ScrapeAsync();

        foreach (var path in new[] { "/metrics", "/readyz" })
        {
            var text = await portal.Http.GetStringAsync(path, TestContext.Current.CancellationToken);
            text.ShouldNotContain(Secret);
            text.ShouldNotContain(id);
            text.ShouldNotContain("web1");
        }
    }

    [Fact]
    public void The_test_knows_every_secret_setting()
    {
        var settings = AllSecrets(Settings.Defaults);
        foreach (var definition in SettingsTable.All.Where(one => one.IsSecret))
            definition.Show(settings).ShouldNotBe("None", definition.Name);
    }

    private static Settings AllSecrets(Settings settings)
    {
        foreach (var definition in SettingsTable.All.Where(one => one.IsSecret))
        {
            settings =
                definition.ApplyOrNull(settings, SettingsValue.Of(Secret))
                ?? definition.ApplyOrNull(settings, SettingsValue.Of($"http://me:{Secret}@127.0.0.1:1"))
                ?? throw new ShouldAssertException(definition.Name);
        }

        return settings with
        {
            PatchSourceUser = "me",
            ServePatchSourceUser = "me",
            AutoUpdatePeriod = null,
        };
    }
}
