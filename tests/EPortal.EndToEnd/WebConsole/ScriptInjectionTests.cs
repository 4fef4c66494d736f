using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using EPortal.EndToEnd.Portal;
using Shouldly;
using Xunit;

namespace EPortal.EndToEnd.WebConsole;

/// <summary>
/// C27: scripts in everything that hosts, vendors and other administrators name, on every page in a real browser. A
/// script that the policy had to stop would stand in the browser's console as an error; one that ran would open a
/// dialog.
/// </summary>
public sealed partial class ScriptInjectionTests : IAsyncLifetime
{
    private const string Hostile =
        """<script>alert(1)</script>"'><img src=x onerror=alert(2)><a href="javascript:alert(3)">x</a>""";

    private readonly ConsoleSite _site = new(hosts: 3);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _site.DoAsync("key", "-a", "hostile", "--note", Hostile);
        await _site.DoAsync("user", "-c", ConsoleSite.Reader, "--note", Hostile);
        using var http = new HttpClient { BaseAddress = new Uri(_site.Address) };
        var id = await http.RegisterAsync("hostile");
        var facts = new Dictionary<string, object>
        {
            ["server_id"] = id,
            ["uptime"] = 1,
            ["patch_level"] = 1,
        };
        foreach (
            var name in new[]
            {
                "hostname",
                "release",
                "euname",
                "version",
                "virt",
                "kcare_version",
                "distro",
                "distro_version",
                "machine",
                "processor",
                "tags",
            }
        )
            facts[name] = Hostile;
        facts["kernel_id"] = Sample.Target;
        using var checkin = await http.PostAsync(
            new Uri("/admin/api/kcare/checkin", UriKind.Relative),
            new StringContent(JsonSerializer.Serialize(facts), Encoding.UTF8, "application/json"),
            Cancellation
        );
        checkin.EnsureSuccessStatusCode();
        await http.GetStringAsync(
            new Uri(
                $"/admin/api/kcare/tag_server.plain?server_id={id}&tag={Uri.EscapeDataString(Hostile)}",
                UriKind.Relative
            ),
            Cancellation
        );
        await DeployAsync();
    }

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task Nothing_that_others_name_runs_on_any_page()
    {
        await using var browser = await _site.OpenAsync(ConsoleSite.Admin);
        string[] more =
        [
            "/admin/servers?hostname=" + Uri.EscapeDataString(Hostile),
            "/admin/servers?tag=" + Uri.EscapeDataString(Hostile),
            "/admin/servers?key=hostile",
            "/admin/patchsets/kernel/KHOSTILE",
            "/admin/patchsets/kernel/KHOSTILE/manage",
            "/admin/keys/hostile",
            "/admin/overview?key=hostile",
            "/admin/log",
            "/admin/servers?distro=" + Uri.EscapeDataString(Hostile),
        ];
        var asked = new List<string>();
        browser.Page.Dialog += async (_, dialog) =>
        {
            asked.Add(dialog.Message);
            await dialog.DismissAsync();
        };
        var shown = 0;
        foreach (var path in (await _site.PagesAsync()).Concat(more))
        {
            await browser.GoAsync(path);
            var links = await browser.Page.EvaluateAsync<string[]>(
                "() => [...document.querySelectorAll('a[href], form[action]')].map(one => one.getAttribute('href') ?? one.getAttribute('action'))"
            );
            links.Where(link => Unsafe().IsMatch(link)).ShouldBeEmpty(path);
            shown += (await browser.Page.Locator("body").InnerTextAsync()).Contains(
                "<script>alert(1)</script>",
                StringComparison.Ordinal
            )
                ? 1
                : 0;
        }

        asked.ShouldBeEmpty();
        browser.ShouldBeSound();
        shown.ShouldBeGreaterThan(5, "the texts are on the pages");
    }

    private async Task DeployAsync()
    {
        var (archive, payload, changelog) = (
            _site.PathOf("KHOSTILE.tar"),
            _site.PathOf("payload"),
            _site.PathOf("changelog.md")
        );
        await File.WriteAllTextAsync(payload, "payload", Cancellation);
        await File.WriteAllTextAsync(
            changelog,
            $"# {Hostile}\n\n[link](javascript:alert(4)) <b onclick=alert(5)>b</b>\n\n{Hostile}\n",
            Cancellation
        );
        await _site.DoAsync(
            "patchset",
            "build",
            "--name",
            "KHOSTILE",
            "--target",
            Sample.Target,
            "--level",
            "1",
            "--summary",
            Hostile,
            "--changelog",
            changelog,
            "--key",
            Path.Combine(_site.DataFolder, "vendor.key"),
            archive,
            $"kpatch.bin={payload}"
        );
        await _site.DoAsync("kcare", "deploy", archive);
    }

    [GeneratedRegex(@"^\s*(javascript|data|vbscript):", RegexOptions.IgnoreCase)]
    private static partial Regex Unsafe();
}
