using System.Net;
using System.Text.Json;
using EPortal.Accounts;
using EPortal.Data;
using EPortal.PatchSource;
using EPortal.Tests.Agents;
using EPortal.Tests.Hosting;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Operations;

public sealed class ReadinessTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_portal_that_can_serve_is_ready_and_writes_nothing_to_say_so()
    {
        await using var portal = await TestPortal.StartAsync();
        var size = portal.Portal.Database.Size;

        for (var i = 0; i < 20; i++)
        {
            portal.Time.Advance(TimeSpan.FromSeconds(2));
            (await Ask(portal)).ShouldBe(
                (HttpStatusCode.OK, "ready", "database=ok disk-data=ok disk-patches=ok patch-files=ok patch-source=ok")
            );
        }

        portal.Portal.Database.Size.ShouldBe(size);
    }

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    public async Task Balancers_may_ask_by_HEAD(string path)
    {
        await using var portal = await TestPortal.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Head, path);

        using var answer = await portal.Http.SendAsync(request, Cancellation);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Too_little_space_makes_it_unready()
    {
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                ReadyMinFreeBytes = 1L << 60,
            }
        );

        (await Ask(portal)).ShouldBe(
            (
                HttpStatusCode.ServiceUnavailable,
                "not-ready",
                "database=ok disk-data=problem disk-patches=problem patch-files=ok patch-source=ok"
            )
        );
    }

    [Fact]
    public async Task Space_below_ten_times_that_is_a_warning()
    {
        var free = new DriveInfo(Path.GetTempPath()).AvailableFreeSpace;
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                ReadyMinFreeBytes = free / 5,
            }
        );

        (await Ask(portal)).ShouldBe(
            (
                HttpStatusCode.OK,
                "ready",
                "database=ok disk-data=warning disk-patches=warning patch-files=ok patch-source=ok"
            )
        );
    }

    [Fact]
    public async Task A_locked_database_makes_it_unready_until_it_is_free()
    {
        await using var portal = await TestPortal.StartAsync();
        using (var other = portal.Portal.Database.OpenWriter())
        {
            other.Execute("BEGIN IMMEDIATE");

            (await Ask(portal)).Checks.ShouldStartWith("database=problem");
            other.Execute("ROLLBACK");
        }

        (await Ask(portal)).Status.ShouldBe(HttpStatusCode.ServiceUnavailable, "the result is remembered for a second");
        portal.Time.Advance(TimeSpan.FromSeconds(1));
        (await Ask(portal)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public void A_database_on_a_file_system_that_cannot_be_written_fails_the_probe()
    {
        using var folder = new TempFolder();
        using var disk = SmallDisk.MountOrSkip(folder.File("disk"), "4m");
        using (var database = Database.Open(folder.File("disk")))
            database.ProbeWrite();
        disk.Remount("ro");

        Should
            .Throw<StoreException>(() =>
            {
                using var database = Database.Open(folder.File("disk"));
                database.ProbeWrite();
            })
            .Error.ShouldBe(StoreError.ReadOnly);
    }

    [Fact]
    public async Task A_failing_patch_source_is_a_warning()
    {
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                PatchSourceUrl = new Uri("http://127.0.0.1:1/"),
                AutoUpdatePeriod = null,
            }
        );
        await portal.Portal.Log.Commit(
            Actor.Portal,
            change =>
            {
                SourceStore.Note(change, nameof(SourceError.Expired), "The index expired.");
                return true;
            }
        );

        (await Ask(portal)).ShouldBe(
            (HttpStatusCode.OK, "ready", "database=ok disk-data=ok disk-patches=ok patch-files=ok patch-source=warning")
        );
    }

    [Fact]
    public async Task Reasons_are_told_to_those_who_may_know()
    {
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                MetricsAllowedNetworks = [],
                MetricsToken = "t0ken",
            }
        );
        await portal.Portal.Users.Add(TestPortal.Admin, "rob", new UserSettings("correct horse", IsAdmin: false));

        (await Messages(portal, _ => { })).ShouldBeFalse();
        (await Messages(portal, headers => headers.Authorization = TestPortal.Basic("rob:wrong"))).ShouldBeFalse();
        (
            await Messages(portal, headers => headers.Authorization = TestPortal.Basic("rob:correct horse"))
        ).ShouldBeTrue();
        (await Messages(portal, headers => headers.Authorization = new("Bearer", "t0ken"))).ShouldBeTrue();
    }

    private static async Task<(HttpStatusCode Status, string? Word, string Checks)> Ask(TestPortal portal)
    {
        using var answer = await portal.GetAsync("/readyz");
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation));
        return (
            answer.StatusCode,
            json.RootElement.GetProperty("status").GetString(),
            string.Join(
                ' ',
                json.RootElement.GetProperty("checks")
                    .EnumerateArray()
                    .Select(check =>
                        $"{check.GetProperty("name").GetString()}={check.GetProperty("status").GetString()}"
                    )
            )
        );
    }

    private static async Task<bool> Messages(
        TestPortal portal,
        Action<System.Net.Http.Headers.HttpRequestHeaders> headers
    )
    {
        using var answer = await portal.GetAsync("/readyz", headers: headers);
        return (await answer.Content.ReadAsStringAsync(Cancellation)).Contains(
            portal.DataFolder,
            StringComparison.Ordinal
        );
    }
}
