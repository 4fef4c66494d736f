using System.Net;
using EPortal.PatchSource;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using EPortal.Tests.Cli;
using Shouldly;
using Xunit;

namespace EPortal.Tests.PatchSource;

/// <summary>Setting, trying and asking the patch source by the API and the command line.</summary>
public sealed class SourceCallTests
{
    [Fact]
    public async Task It_is_set_told_without_its_password_and_taken_back()
    {
        await using var house = await SourcePortal.StartAsync();
        var api = house.Api;
        (await api.Get("/source")).Result.GetProperty("set_by").GetString().ShouldBe("settings");

        var set = await api.Post(
            "/source",
            ("url", "https://a.example.com/"),
            ("user", "me"),
            ("password", "hunter2"),
            ("distros", "debian12"),
            ("distros", "almalinux9")
        );

        var result = set.Result;
        result.GetProperty("set_by").GetString().ShouldBe("console");
        result.GetProperty("url").GetString().ShouldBe("https://a.example.com/");
        result.GetProperty("user").GetString().ShouldBe("me");
        result.GetProperty("has_password").GetBoolean().ShouldBeTrue();
        result
            .GetProperty("distros")
            .EnumerateArray()
            .Select(distro => distro.GetString())
            .ShouldBe(["almalinux9", "debian12"]);
        set.Text.ShouldNotContain("hunter2");
        (await api.Get("/source")).Text.ShouldNotContain("hunter2");
        (await api.Call("GET", "/source", Carrier.Query, ApiCaller.Reader)).Text.ShouldNotContain("hunter2");
        (await api.Post("/source", ("url", "https://a.example.com/new/"), ("user", "me")))
            .Result.GetProperty("has_password")
            .GetBoolean()
            .ShouldBeTrue();
        (await api.Post("/source", ("url", "https://b.example.com/"), ("user", "me"))).ShouldBeError(
            HttpStatusCode.BadRequest,
            "bad-request"
        );
        (await api.Post("/source", ("url", ""))).Result.GetProperty("url").GetString().ShouldBeNull();
        (await api.Delete("/source")).Result.GetProperty("url").GetString().ShouldBe(house.Source.Address.AbsoluteUri);
    }

    [Fact]
    public async Task A_test_takes_what_is_given_or_what_is_set_and_changes_nothing()
    {
        await using var house = await SourcePortal.StartAsync(isSet: false);
        (await house.Api.Post("/source/test")).Result.GetProperty("error").GetString().ShouldBe("NotSet");

        var found = (await house.Api.Post("/source/test", ("url", house.Source.Address.AbsoluteUri))).Result;

        found.GetProperty("ok").GetBoolean().ShouldBeTrue();
        found.GetProperty("patchsets").GetProperty("kernel").GetInt32().ShouldBe(1);
        found.GetProperty("distros")[0].GetString().ShouldBe("debian12");
        (await house.Api.Get("/source")).Result.GetProperty("url").GetString().ShouldBeNull();
    }

    [Fact]
    public async Task A_sync_begins_at_once_goes_on_by_itself_and_is_one_at_a_time()
    {
        await using var house = await SourcePortal.StartAsync();
        house.Hang();

        (await house.Api.Post("/source/sync")).Result.GetString().ShouldBe("started");

        (await house.Api.Get("/source")).Result.GetProperty("syncing").GetBoolean().ShouldBeTrue();
        (await house.Api.Post("/source/sync")).ShouldBeError(HttpStatusCode.BadRequest, "conflict");
        house.GoOn();
        await SourcePortal.UntilAsync(async () =>
            !(await house.Api.Get("/source")).Result.GetProperty("syncing").GetBoolean()
        );
        var told = (await house.Api.Get("/source")).Result;
        told.GetProperty("message").GetString().ShouldBe("1 new patchset, index version 1");
        told.GetProperty("signed_by").GetString().ShouldBe(house.Source.Key.PublicKey.KeyId);
        (await house.Api.Get("/patchsets")).Text.ShouldContain("K1");
    }

    [Fact]
    public async Task A_portal_that_stops_breaks_the_sync_off()
    {
        var house = await SourcePortal.StartAsync();
        house.Hang();
        (await house.Api.Post("/source/sync")).Result.GetString().ShouldBe("started");
        var activity = house.Api.Portal.Portal.Get<SyncActivity>();

        await house.Api.DisposeAsync();

        activity.LastOrNull!.Error.ShouldBe("stopped");
        house.GoOn();
        await house.Source.DisposeAsync();
    }

    [Fact]
    public async Task Without_a_source_there_is_nothing_to_sync()
    {
        await using var house = await SourcePortal.StartAsync(isSet: false);
        (await house.Api.Post("/source/sync")).ShouldBeError(HttpStatusCode.BadRequest, "conflict");
    }

    [Fact]
    public async Task The_command_line_sets_tries_and_takes_it_back_and_the_running_portal_follows()
    {
        await using var house = await SourcePortal.StartAsync(isSet: false);
        var (portal, address) = (house.Api.Portal, house.Source.Address.AbsoluteUri);
        (await Run(portal, "", "patch-source")).Out.ShouldStartWith(
            "source: none; set one with `kc.eportal patch-source set --url URL`\n"
        );

        var set = await Run(
            portal,
            "hunter2\n",
            "patch-source",
            "--url",
            address,
            "--user",
            "me",
            "--distro",
            "debian12"
        );

        set.Out.ShouldStartWith($"source: {address} as me, debian12\n");
        (set.Out + set.Err).ShouldNotContain("hunter2");
        portal.Portal.Source.State.Setting.Password.ShouldBe("hunter2");
        var tried = await Run(portal, "", "patch-source", "--test");
        (tried.Exit, tried.Out).ShouldBe(
            (1, "failed: the index of the patch source is not signed, but TRUSTED_KEYS requires a signature\n"),
            "the source was made to lack its signature"
        );
        (await Run(portal, "", "patch-source", "--off")).Exit.ShouldBe(0);
        portal.Portal.Source.Url.ShouldBeNull();
        (await Run(portal, "", "patch-source", "--default")).Exit.ShouldBe(0);
        portal.Portal.Source.State.IsSetHere.ShouldBeFalse();
        (await Run(portal, "", "patch-source", "--user", "me")).Exit.ShouldBe(2);
        (await Run(portal, "", "patch-source", "--off", "--url", address)).Exit.ShouldBe(2);

        Task<(int Exit, string Out, string Err)> Run(TestPortal of, string input, params string[] args)
        {
            house.Source.Files.Remove("index.json.minisig");
            var cli = of.CommandLine();
            cli.Environment["EPORTAL_TRUSTED_KEYS"] = $"['{house.Source.Key.PublicKey}']";
            // What is asked for a second time is asked after a pause.
            return portal.Time.PassUntilAsync(cli.RunAsync(args, input));
        }
    }
}
