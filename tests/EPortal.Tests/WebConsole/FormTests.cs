using System.Net;
using System.Text.RegularExpressions;
using EPortal.Feeds;
using EPortal.Keys;
using EPortal.Tests.Accounts;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using Shouldly;
using Xunit;

namespace EPortal.Tests.WebConsole;

/// <summary>What forms and lists have in common.</summary>
public sealed class FormTests
{
    [Theory]
    [InlineData("/admin/new-key", "key", "note=a&feed=main&products=kernel")]
    [InlineData("/admin/new-feed", "feed", "name=twice&channel=default")]
    [InlineData("/admin/new-user", "account", "username=twice&password=correct horse&readonly=true")]
    [InlineData("/admin/api-keys", "api_key", "name=twice")]
    public async Task A_form_that_is_sent_twice_makes_one_thing_and_leads_to_the_same_place(
        string path,
        string table,
        string fields
    )
    {
        await using var visitors = await Visitors.StartAsync();
        var once = Hidden(await visitors.Admin.TextAsync(path), path, "once");
        (string, string)[] form =
        [
            .. fields.Split('&').Select(pair => (pair.Split('=')[0], pair.Split('=')[1])),
            ("once", once),
        ];
        var before = Rows.Count(visitors.Portal, table);

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => visitors.Admin.PostAsync(path, form)));

        answers.ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.Redirect);
        answers.Select(answer => answer.Headers.Location!.ToString()).Distinct().Count().ShouldBe(1);
        Rows.Count(visitors.Portal, table).ShouldBe(before + 1);
        (await visitors.Admin.TextAsync(answers[0].Headers.Location!.ToString())).ShouldContain("role=\"status\"");
        Hidden(await visitors.Admin.TextAsync(path), path, "once").ShouldNotBe(once);
        foreach (var answer in answers)
            answer.Dispose();
    }

    [Fact]
    public async Task What_was_refused_can_be_sent_again_with_the_same_number()
    {
        await using var visitors = await Visitors.StartAsync();
        var once = Hidden(await visitors.Admin.TextAsync("/admin/new-key"), "/admin/new-key", "once");

        (
            await visitors.Refused("/admin/new-key", ("key", "not a name"), ("products", "kernel"), ("once", once))
        ).ShouldContain("invalid key name");
        (
            await visitors.Done("/admin/new-key", ("key", "a-name"), ("products", "kernel"), ("once", once))
        ).ShouldContain("Key a-name was added");
    }

    [Fact]
    public async Task A_new_API_key_is_shown_once_to_its_owner_and_a_page_loaded_again_makes_none()
    {
        await using var visitors = await Visitors.StartAsync();
        using var made = await visitors.Admin.PostAsync("/admin/api-keys", ("name", "backup"));
        var place = made.Headers.Location!.ToString();

        (await visitors.Reader.TextAsync(place)).ShouldNotContain("id=\"made\"");
        var key = Regex.Match(await visitors.Admin.TextAsync(place), "id=\"made\"[^>]*>\\s*(ep_\\w+)").Groups[1].Value;
        key.ShouldStartWith("ep_");
        place.ShouldNotContain(key);
        (await visitors.Admin.TextAsync(place)).ShouldNotContain(key);
        Rows.Count(visitors.Portal, "api_key").ShouldBe(1);
    }

    [Theory]
    [InlineData("/admin/new-key")]
    [InlineData("/admin/source")]
    public async Task The_enter_key_saves(string path)
    {
        await using var visitors = await Visitors.StartAsync();
        var page = await visitors.Admin.TextAsync(path);
        var form = page[page.IndexOf($"action=\"{path}\"", StringComparison.Ordinal)..];

        // The first button of a form is the one that the enter key presses.
        Regex.Match(form, "<button[^>]*>(?:<i[^>]*></i>)?\\s*([^<]+)").Groups[1].Value.Trim().ShouldBe("Save");
    }

    [Theory]
    [InlineData("/admin/servers", "host0")]
    [InlineData("/admin/users", "rob")]
    [InlineData("/admin/api-keys", "the key")]
    [InlineData("/admin/sessions", ">current<")]
    [InlineData("/admin/tags", "a:tag")]
    [InlineData("/admin/log", "key.add")]
    public async Task Behind_the_last_page_is_the_last_page(string path, string shown)
    {
        await using var visitors = await Visitors.StartAsync();
        var id = await visitors.Portal.RegisterAsync("host0");
        await visitors.Api.Post("/set_tags", ("server_id", id), ("tags", "a:tag"));
        await visitors.Portal.Portal.ApiKeys.Make(TestPortal.Admin, ApiCaller.Admin, "the key", null);

        foreach (var offset in new[] { "9999", "2147483647" })
        {
            var page = await visitors.Admin.TextAsync($"{path}?offset={offset}");
            page.ShouldContain(shown);
            page.ShouldNotContain("No servers yet");
            page.ShouldMatch(@"\d to \d+ of");
        }
    }

    [Fact]
    public async Task Behind_the_last_page_of_fifty_is_the_rest()
    {
        await using var visitors = await Visitors.StartAsync();
        for (var number = 0; number < 53; number++)
            await visitors.Portal.RegisterAsync($"web{number:00}");

        (await visitors.Admin.TextAsync("/admin/servers?offset=9999")).ShouldContain("51 to 53 of 53");
        (await visitors.Admin.TextAsync("/admin/servers?q=web0&offset=9999")).ShouldContain("1 to 10 of 10");
        (await visitors.Admin.TextAsync("/admin/servers?q=none&offset=9999")).ShouldContain("No server matches");
    }

    [Theory]
    [InlineData("")]
    [InlineData("?q=host&key=k")]
    public async Task Nothing_ticked_leads_back_to_the_list_as_it_was(string filters)
    {
        await using var visitors = await Visitors.StartAsync();
        await visitors.Portal.RegisterAsync("host0");

        using var answer = await visitors.Admin.PostAsync(
            $"/admin/servers/change{filters}",
            ("scope", "ticked"),
            ("what", "delete")
        );

        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        answer.Headers.Location!.ToString().ShouldBe($"/admin/servers{filters}");
        var page = await visitors.Admin.TextAsync(answer.Headers.Location.ToString());
        page.ShouldContain("select servers");
        page.ShouldContain("role=\"alert\"");
        page.ShouldNotContain("alert-success");
        page.ShouldContain("host0");
    }

    [Fact]
    public async Task A_new_name_is_not_told_from_another_by_capitals_alone()
    {
        await using var visitors = await Visitors.StartAsync();
        var portal = visitors.Portal.Portal;
        await portal.Feeds.Add(TestPortal.Admin, "test", new FeedSettings());
        await portal.Keys.Add(TestPortal.Admin, "Production", new KeySettings());

        (await visitors.Refused("/admin/new-feed", ("name", "TEST"))).ShouldContain(
            "feed 'test' already exists; names are not case-sensitive"
        );
        (await visitors.Refused("/admin/new-key", ("key", "production"), ("products", "kernel"))).ShouldContain(
            "key 'Production' already exists"
        );
        (
            await visitors.Refused("/admin/new-user", ("username", "ADA"), ("password", ApiCaller.Password))
        ).ShouldContain("user 'ada' already exists");
        (await visitors.Refused("/admin/new-feed", ("name", "Main"))).ShouldContain("feed 'main' already exists");
        (await visitors.Api.Post("/feeds", ("name", "TEST"))).ShouldBeError(HttpStatusCode.BadRequest, "exists");
        (await visitors.Api.Post("/feeds", ("name", "test"), ("deploy_after", "3"))).Status.ShouldBe(HttpStatusCode.OK);
        (await visitors.Api.Post("/keys", ("key", "PRODUCTION"))).ShouldBeError(HttpStatusCode.BadRequest, "exists");
    }

    [Theory]
    [InlineData("/admin/new-key")]
    [InlineData("/admin/new-feed")]
    [InlineData("/admin/new-user")]
    [InlineData("/admin/upload-patchset")]
    [InlineData("/admin/feeds/test")]
    [InlineData("/admin/users/ada")]
    [InlineData("/admin/users/rob")]
    [InlineData("/admin/ldap")]
    [InlineData("/admin/source")]
    [InlineData("/admin/tag?tag=a")]
    public async Task Who_may_only_look_is_shown_no_form(string path)
    {
        await using var visitors = await Visitors.StartAsync();
        await visitors.Portal.Portal.Feeds.Add(TestPortal.Admin, "test", new FeedSettings());
        await visitors.Api.Post("/set_tags", ("server_id", await visitors.Portal.RegisterAsync()), ("tags", "a"));

        var page = await visitors.Reader.TextAsync(path);

        var main = page[
            page.IndexOf("<main", StringComparison.Ordinal)..page.IndexOf("</main>", StringComparison.Ordinal)
        ];
        main.ShouldNotContain("<form");
        main.ShouldNotContain("<input");
        main.ShouldNotContain("<select");
        main.ShouldNotContain("change the password");
    }

    [Fact]
    public async Task Who_may_only_look_is_not_told_to_do_what_they_cannot()
    {
        await using var visitors = await Visitors.StartAsync();

        (await visitors.Admin.TextAsync("/admin/sessions")).ShouldContain("change the password");
        (await visitors.Reader.TextAsync("/admin/sessions")).ShouldNotContain("change the password");
        (await visitors.Reader.TextAsync("/admin/tags")).ShouldContain("An admin adds them");
        (await visitors.Reader.TextAsync("/admin")).ShouldContain("These steps require an admin.");
        (await visitors.Admin.TextAsync("/admin")).ShouldNotContain("These steps require an admin.");
    }

    private static string Hidden(string page, string action, string name)
    {
        var found = Regex.Match(
            page,
            $"<form[^>]*action=\"{Regex.Escape(action)}\"[^>]*>.*?name=\"{name}\" value=\"([^\"]+)\"",
            RegexOptions.Singleline
        );
        found.Success.ShouldBeTrue($"The form at {action} carries no {name}.");
        return found.Groups[1].Value;
    }
}
