using EPortal.Data;
using EPortal.Format;
using EPortal.Hosting;
using EPortal.Patchsets;
using EPortal.PatchSource;
using EPortal.Tests.Agents;
using EPortal.Tests.Data;
using EPortal.Tests.Data.Sqlite;
using Shouldly;
using Xunit;

namespace EPortal.Tests.PatchSource;

/// <summary>The patch source set while the portal runs.</summary>
public sealed class PatchSourceManagerTests : IAsyncLifetime
{
    private static readonly Uri s_first = new("https://first.example.com/");
    private static readonly Uri s_second = new("https://second.example.com/");

    private FakeSource _source = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _source = await FakeSource.StartAsync();

    public async ValueTask DisposeAsync() => await _source.DisposeAsync();

    [Fact]
    public async Task What_is_set_at_run_time_wins_over_the_settings_until_it_is_taken_back()
    {
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                PatchSourceUrl = s_first,
                PatchSourceUser = "u",
                PatchSourcePassword = "p",
                AutoUpdatePeriod = null,
            }
        );
        var slot = portal.Portal.Source;
        slot.State.ShouldBe(new SourceState(slot.State.Setting, IsSetHere: false, Problem: null));
        slot.State.Setting.ToString().ShouldBe("https://first.example.com/ as u");

        await slot.Save(TestPortal.Admin, SourceSetting.Off.With(s_second.ToString(), "v", "q", ["debian12"]));
        slot.State.IsSetHere.ShouldBeTrue();
        slot.State.Setting.ToString().ShouldBe("https://second.example.com/ as v, debian12");
        await slot.Save(TestPortal.Admin, SourceSetting.Off);
        slot.Url.ShouldBeNull();
        using (var lease = slot.Take())
            lease.Connection.ShouldBeNull();
        await slot.Save(TestPortal.Admin, null);

        (slot.Url, slot.State.IsSetHere).ShouldBe((s_first, false));
    }

    [Fact]
    public async Task A_change_by_another_process_is_in_force_at_the_next_use()
    {
        await using var portal = await TestPortal.StartAsync(settings => settings with { AutoUpdatePeriod = null });
        await using var other = Portal.Open(portal.Portal.Settings, TimeProvider.System);
        portal.Portal.Source.Url.ShouldBeNull();

        await other.Source.Save(TestPortal.Admin, SourceSetting.Off.With(s_first.ToString(), null, null, []));

        portal.Portal.Source.Url.ShouldBe(s_first);
    }

    [Fact]
    public async Task The_password_stays_in_files_of_their_owner_and_out_of_the_log()
    {
        await using var portal = await TestPortal.StartAsync(settings => settings with { AutoUpdatePeriod = null });

        await portal.Portal.Source.Save(
            TestPortal.Admin,
            SourceSetting.Off.With(s_first.ToString(), "me", "hunter2", ["debian12"])
        );

        var file = Path.Combine(portal.DataFolder, "config", "config.json");
        (await File.ReadAllTextAsync(file, Cancellation)).ShouldContain("hunter2");
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var log = portal.Portal.Database.Read(session => UserLog.Latest(session, 10));
        log.ShouldContain(line =>
            line.Action == "source.change" && line.Detail == "https://first.example.com/ as me, debian12"
        );
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"patch_source": {"url": "ftp://elsewhere.example.com/"}}""")]
    [InlineData("""{"patch_source": {"url": 5}}""")]
    [InlineData("""{"patch_source": {"url": "http://a/", "distros": "debian12"}}""")]
    [InlineData("""{"patch_source": {"url": "http://a/", "distros": ["../x"]}}""")]
    public async Task What_cannot_be_read_at_the_start_is_told_and_can_be_set_anew(string content)
    {
        await using var portal = await TestPortal.StartAsync(settings => settings with { AutoUpdatePeriod = null });
        var file = Path.Combine(portal.DataFolder, "config", "config.json");
        await File.WriteAllTextAsync(file, content, Cancellation);

        await using var next = Portal.Open(portal.Portal.Settings, TimeProvider.System);
        next.Source.Url.ShouldBeNull();
        next.Source.State.Problem.ShouldNotBeNullOrWhiteSpace();
        await next.Source.Save(TestPortal.Admin, SourceSetting.Off.With(s_second.ToString(), null, null, []));

        (next.Source.Url, next.Source.State.Problem).ShouldBe((s_second, null));
        (await File.ReadAllTextAsync(file, Cancellation)).ShouldContain(s_second.ToString());
        if (content is "{" or "[]")
            (await File.ReadAllTextAsync(file + ".unreadable", Cancellation)).ShouldBe(content);
    }

    [Fact]
    public async Task The_copy_is_read_at_the_start_where_the_store_has_none_and_never_again()
    {
        await using var portal = await TestPortal.StartAsync(settings => settings with { AutoUpdatePeriod = null });
        var file = Path.Combine(portal.DataFolder, "config", "config.json");
        await File.WriteAllTextAsync(
            file,
            $$$"""{"patch_source": {"url": "{{{s_first}}}"}, "other": {"a": 1}, "more": 5}""",
            Cancellation
        );

        await using (var next = Portal.Open(portal.Portal.Settings, TimeProvider.System))
            next.Source.Url.ShouldBe(s_first);
        portal.Portal.Source.Url.ShouldBe(s_first, "processes that run see it too");
        await portal.Portal.Source.Save(TestPortal.Admin, null);
        (await File.ReadAllTextAsync(file, Cancellation)).ShouldSatisfyAllConditions(
            text => text.ShouldNotContain("first.example.com"),
            text => text.ShouldContain("\"other\""),
            text => text.ShouldContain("\"more\": 5")
        );
        await File.WriteAllTextAsync(file, $$$"""{"patch_source": {"url": "{{{s_second}}}"}}""", Cancellation);

        await using var last = Portal.Open(portal.Portal.Settings, TimeProvider.System);
        last.Source.Url.ShouldBeNull("the store knows that it was set back");
    }

    [Fact]
    public async Task A_commit_that_fails_changes_neither_the_source_nor_the_log_nor_the_copy()
    {
        await using var portal = await TestPortal.StartAsync(settings => settings with { AutoUpdatePeriod = null });
        await portal.Portal.Source.Save(TestPortal.Admin, SourceSetting.Off.With(s_first.ToString(), null, null, []));
        var file = Path.Combine(portal.DataFolder, "config", "config.json");
        var copy = await File.ReadAllTextAsync(file, Cancellation);
        await using var held = HeldWriter.Now(portal.Portal.Log);
        var saved = portal.Portal.Source.Save(
            TestPortal.Admin,
            SourceSetting.Off.With(s_second.ToString(), null, null, [])
        );
        var bad = SqliteTestDatabase.Instance.BreakCommit(portal.Portal.Log);
        await held.ReleaseAsync();

        await Should.ThrowAsync<StoreException>(bad);
        await Should.ThrowAsync<StoreException>(saved);
        portal.Portal.Source.Url.ShouldBe(s_first);
        (await File.ReadAllTextAsync(file, Cancellation)).ShouldBe(copy);
        portal
            .Portal.Database.Read(session => UserLog.Latest(session, 10))
            .Count(line => line.Action == "source.change")
            .ShouldBe(1);
    }

    [Fact]
    public async Task Two_savings_of_one_version_in_one_commit_are_not_both_taken()
    {
        await using var portal = await TestPortal.StartAsync(settings => settings with { AutoUpdatePeriod = null });
        var slot = portal.Portal.Source;
        var seen = slot.Stored().Version;
        await using var held = HeldWriter.Now(portal.Portal.Log);
        var first = slot.Save(TestPortal.Admin, SourceSetting.Off.With(s_first.ToString(), null, null, []), seen);
        var second = slot.Save(TestPortal.Admin, SourceSetting.Off.With(s_second.ToString(), null, null, []), seen);
        await held.ReleaseAsync();

        await first;
        await Should.ThrowAsync<RefusedException>(second);
        slot.Url.ShouldBe(s_first);
    }

    [Fact]
    public async Task A_copy_that_cannot_be_written_is_told_and_what_was_set_is_in_force()
    {
        await using var portal = await TestPortal.StartAsync(settings => settings with { AutoUpdatePeriod = null });
        Directory.CreateDirectory(Path.Combine(portal.DataFolder, "config", "config.json", "in the way"));

        var told = await Should.ThrowAsync<StoreException>(
            portal.Portal.Source.Save(TestPortal.Admin, SourceSetting.Off.With(s_first.ToString(), null, null, []))
        );

        told.Message.ShouldStartWith("the setting is saved, but its copy");
        portal.Portal.Source.Url.ShouldBe(s_first);
    }

    [Fact]
    public async Task A_file_that_arrives_while_another_source_takes_over_arrives_whole_and_the_former_source_is_closed_then()
    {
        await using var cache = await CachePortal.StartAsync(_source);
        var slot = cache.Portal.Portal.Source;
        var (asked, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        _source.Misbehave = async (_, path) =>
        {
            if (path.EndsWith("kpatch.bin", StringComparison.Ordinal))
            {
                asked.SetResult();
                await goOn.Task;
            }

            return false;
        };
        PatchSourceConnection former;
        using (var lease = slot.Take())
            former = lease.Connection!;
        var file = cache.GetAsync();
        await asked.Task.WaitAsync(Cancellation);

        await slot.Save(TestPortal.Admin, SourceSetting.Off.With("http://127.0.0.1:1/", null, null, []));
        using (var lease = slot.Take())
            lease.Connection.ShouldNotBe(former);
        former.UseOrNull().ShouldNotBeNull("the file has not arrived").Dispose();
        goOn.SetResult();

        (await file).ShouldBe(_source.Files[$"patches/{TestPortal.KernelId}/1/kpatch.bin"]);
        await Until(() => former.UseOrNull() is not { } use || Ended(use));
    }

    [Fact]
    public async Task A_sync_goes_on_with_the_source_that_it_began_with()
    {
        await _source.AddAsync("K1", 1);
        _source.Publish();
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                PatchSourceUrl = _source.Address,
                TrustedKeys = [_source.Key.PublicKey.ToString()],
                AutoUpdatePeriod = null,
            }
        );
        PatchSourceConnection former;
        using (var lease = portal.Portal.Source.Take())
        using (lease.Connection!.Sync.TryBegin())
        {
            former = lease.Connection;
            await portal.Portal.Source.Save(TestPortal.Admin, SourceSetting.Off);
            (
                await former.Sync.Run(
                    TestPortal.Admin,
                    former.Request(Products.All),
                    _ => new Progress<long>(),
                    Cancellation
                )
            ).Fetched.Count.ShouldBe(1);
        }

        former.UseOrNull().ShouldBeNull("nobody uses it any more");
    }

    [Fact]
    public async Task Features_get_what_is_not_here_from_the_source_of_the_moment()
    {
        await _source.AddAsync("K1", 1);
        _source.Publish();
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                TrustedKeys = [_source.Key.PublicKey.ToString()],
                AutoUpdatePeriod = null,
            }
        );
        await portal.Portal.Log.Commit(
            Actor.Portal,
            change =>
            {
                Listing.Replace(change.Session, _source.Entries);
                return true;
            }
        );
        Task Enable() => portal.Portal.Rollout.Enable(TestPortal.Admin, Product.Kernel, "K1", "main", Cancellation);
        (await Should.ThrowAsync<RefusedException>(Enable)).Message.ShouldContain("no patch source is set");

        await portal.Portal.Source.Save(
            TestPortal.Admin,
            SourceSetting.Off.With(_source.Address.ToString(), null, null, [])
        );
        await Enable();

        portal.Portal.Rollout.FeedsWith(Product.Kernel, "K1").ShouldBe(["main"]);
    }

    [Theory]
    [InlineData("https://first.example.com/other/", "u", "", "p")]
    [InlineData("https://second.example.com/", "u", "q", "q")]
    [InlineData("https://second.example.com/", "", "", null)]
    [InlineData("https://second.example.com/", "u", "", "refused")]
    [InlineData("http://first.example.com/", "u", "", "refused")]
    [InlineData("https://first.example.com:8443/", "u", "", "refused")]
    [InlineData("https://first.example.com/", "v", "", "refused")]
    public void A_password_that_is_not_typed_again_goes_to_its_own_place_alone(
        string url,
        string user,
        string password,
        string? outcome
    )
    {
        var known = SourceSetting.Off.With(s_first.ToString(), "u", "p", []);
        if (outcome == "refused")
            Should
                .Throw<RefusedException>(() => known.With(url, user, password, []))
                .Message.ShouldContain("enter the password again");
        else
            known.With(url, user, password, []).Password.ShouldBe(outcome);
    }

    [Theory]
    [InlineData("javascript:alert(1)")]
    [InlineData("file:///etc/passwd")]
    [InlineData("https://me:secret@a.example.com/")]
    [InlineData("https://a.example.com/?x=1")]
    [InlineData("a.example.com")]
    public void An_address_of_another_form_is_refused(string url) =>
        Should
            .Throw<RefusedException>(() => SourceSetting.Off.With(url, null, null, []))
            .Reason.ShouldBe(Refusal.Invalid);

    [Theory]
    [InlineData("a:b", "debian12")]
    [InlineData("a\nb", "debian12")]
    [InlineData("a", "Debian 12")]
    [InlineData("a", "<script>")]
    public void A_login_or_distribution_of_another_form_is_refused(string user, string distro) =>
        Should
            .Throw<RefusedException>(() => SourceSetting.Off.With("https://a/", user, "p", [distro]))
            .Reason.ShouldBe(Refusal.Invalid);

    private static bool Ended(IDisposable use)
    {
        use.Dispose();
        return false;
    }

    private static async Task Until(Func<bool> condition)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            TimeProvider.System.GetElapsedTime(begun).ShouldBeLessThan(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }
    }
}
