using System.Net;
using System.Text.RegularExpressions;
using EPortal.Accounts.Ldap;
using EPortal.Feeds;
using EPortal.Keys;
using EPortal.Servers.Search;
using EPortal.Tests.Agents;
using Shouldly;
using Xunit;

namespace EPortal.Tests.WebConsole;

/// <summary>Forms that were opened before somebody else changed what they show.</summary>
public sealed class LostUpdateTests
{
    /// <summary>
    /// A form: its page, what it sends, what somebody else saves meanwhile, what its sender typed, and a value of each.
    /// </summary>
    public static TheoryData<string> Forms => new(All.Keys);

    private static readonly Dictionary<string, Form> All = new(StringComparer.Ordinal)
    {
        ["key"] = new(
            "/admin/keys/k",
            "/admin/keys/k",
            [("note", "theirs"), ("feed", "main"), ("products", "kernel")],
            [("note", "mine"), ("feed", "main"), ("products", "kernel"), ("server_limit", "5")]
        ),
        ["feed"] = new(
            "/admin/feeds/one",
            "/admin/feeds/one",
            [("auto", "true"), ("deploy_after", "17"), ("channel", "test")],
            [("deploy_after", "23"), ("channel", "test")],
            "17",
            "23"
        ),
        ["user"] = new(
            "/admin/users/rob",
            "/admin/users/rob",
            [("description", "theirs"), ("readonly", "true"), ("was_readonly", "true")],
            [("description", "mine"), ("readonly", "true"), ("was_readonly", "true")]
        ),
        ["ldap"] = new(
            "/admin/ldap",
            "/admin/ldap",
            [("url", "ldaps://theirs.example.com"), ("dn", "uid=%s")],
            [("url", "ldaps://mine.example.com"), ("dn", "uid=%s")]
        ),
        ["source"] = new(
            "/admin/source",
            "/admin/source",
            [("url", "https://theirs.example.com/")],
            [("url", "https://mine.example.com/")]
        ),
        ["server tags"] = new(
            "/admin/servers/SERVER",
            "/admin/servers/SERVER/tags",
            [("tags", "theirs")],
            [("tags", "mine")]
        ),
        ["server key"] = new(
            "/admin/servers/SERVER",
            "/admin/servers/SERVER/move",
            [("to", "theirs")],
            [("to", "mine")]
        ),
    };

    private sealed record Form(
        string Page,
        string Action,
        (string Name, string Value)[] Theirs,
        (string Name, string Value)[] Mine,
        string Their = "theirs",
        string My = "mine"
    );

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task The_second_form_is_not_saved_but_shown_with_both_and_wins_when_it_is_saved_again(string name)
    {
        await using var visitors = await StartAsync();
        var form = await At(visitors, All[name]);
        var seen = VersionOf(await visitors.Admin.TextAsync(form.Page), form);
        await visitors.Done(form.Action, [.. form.Theirs, ("version", seen)]);
        var (stored, operations) = (await visitors.Admin.TextAsync(form.Page), Rows(visitors));

        using var answer = await visitors.Admin.PostAsync(form.Action, [.. form.Mine, ("version", seen)]);

        answer.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        var page = WebUtility.HtmlDecode(await Visitors.TextOf(answer));
        page.ShouldContain("nothing saved: someone else changed this after the page was opened");
        var conflict = page[page.IndexOf("id=\"conflict\"", StringComparison.Ordinal)..];
        conflict[..conflict.IndexOf("</table>", StringComparison.Ordinal)].ShouldMatch($"(?s){form.Their}.*{form.My}");
        page.ShouldContain("Discard my changes");
        Rows(visitors).ShouldBe(operations);
        VersionOf(await visitors.Admin.TextAsync(form.Page), form).ShouldBe(VersionOf(stored, form));

        await visitors.Done(form.Action, [.. form.Mine, ("version", VersionOf(page, form))]);
        (await visitors.Admin.TextAsync(form.Page)).ShouldContain(form.My);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Of_forms_sent_at_the_same_moment_one_is_saved(string name)
    {
        await using var visitors = await StartAsync();
        var form = await At(visitors, All[name]);
        var seen = VersionOf(await visitors.Admin.TextAsync(form.Page), form);

        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, 6)
                .Select(number =>
                    visitors.Admin.PostStatusAsync(
                        form.Action,
                        [.. number % 2 == 0 ? form.Theirs : form.Mine, ("version", seen)]
                    )
                )
        );

        answers.Count(status => status == HttpStatusCode.Redirect).ShouldBe(1);
        answers.Count(status => status == HttpStatusCode.Conflict).ShouldBe(5);
    }

    [Theory]
    [InlineData("/admin/keys/k")]
    [InlineData("/admin/feeds/one")]
    [InlineData("/admin/users/rob")]
    public async Task What_was_changed_meanwhile_is_not_deleted(string path)
    {
        await using var visitors = await StartAsync();
        var form = All.Values.Single(one => one.Page == path);
        var seen = VersionOf(await visitors.Admin.TextAsync(path), form);
        await visitors.Done(path, [.. form.Theirs, ("version", seen)]);

        using (var late = await visitors.Admin.PostAsync($"{path}/delete", ("sure", "true"), ("version", seen)))
        {
            late.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
            (await Visitors.TextOf(late)).ShouldContain(form.Their);
        }

        var page = await visitors.Admin.TextAsync(path);
        Regex
            .Match(page, $"action=\"{path}/delete\".*?name=\"version\" value=\"([^\"]+)\"", RegexOptions.Singleline)
            .Groups[1]
            .Value.ShouldBe(VersionOf(page, form));
        (
            await visitors.Admin.PostStatusAsync(
                $"{path}/delete",
                ("sure", "true"),
                ("version", VersionOf(page, form)),
                ShownFirst.Seen(page)
            )
        ).ShouldBe(HttpStatusCode.Redirect);
    }

    [Theory]
    [InlineData("/admin/ldap/off", "/admin/ldap")]
    [InlineData("/admin/source/off", "/admin/source")]
    [InlineData("/admin/source/default", "/admin/source")]
    public async Task What_was_set_meanwhile_is_not_switched_off(string action, string path)
    {
        await using var visitors = await StartAsync();
        var form = All.Values.Single(one => one.Page == path);
        await visitors.Done(path, [.. form.Mine, ("version", VersionOf(await visitors.Admin.TextAsync(path), form))]);
        var seen = VersionOf(await visitors.Admin.TextAsync(path), form);
        (await visitors.Admin.TextAsync(path)).ShouldMatch(
            $"(?s)action=\"{action}\"[^>]*>.{{0,200}}?name=\"version\" value=\"{seen}\""
        );
        await visitors.Done(path, [.. form.Theirs, ("version", seen)]);

        (await visitors.Admin.PostStatusAsync(action, ("sure", "true"), ("version", seen))).ShouldBe(
            HttpStatusCode.BadRequest
        );
        (await visitors.Admin.TextAsync(path)).ShouldContain(form.Their);
    }

    [Fact]
    public async Task A_password_set_meanwhile_is_seen_though_nobody_is_shown_it()
    {
        await using var visitors = await StartAsync();
        var (user, source) = (All["user"], All["source"]);
        await visitors.Done(
            source.Action,
            ("url", "https://a.example.com/"),
            ("user", "me"),
            ("password", "first password")
        );
        var seen = VersionOf(await visitors.Admin.TextAsync(user.Page), user);
        var seenSource = VersionOf(await visitors.Admin.TextAsync(source.Page), source);
        await visitors.Done(
            user.Action,
            ("description", ""),
            ("readonly", "true"),
            ("was_readonly", "true"),
            ("password", "another password")
        );
        await visitors.Done(
            source.Action,
            ("url", "https://a.example.com/"),
            ("user", "me"),
            ("password", "second password")
        );

        using var late = await visitors.Admin.PostAsync(
            user.Action,
            ("description", ""),
            ("readonly", "true"),
            ("was_readonly", "true"),
            ("password", "a third password"),
            ("version", seen)
        );
        late.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        var page = await Visitors.TextOf(late);
        page.ShouldContain("; enter the password again");
        page.ShouldNotContain("third");
        (
            await visitors.Admin.PostStatusAsync(
                source.Action,
                ("url", "https://a.example.com/"),
                ("user", "me"),
                ("password", "third"),
                ("version", seenSource)
            )
        ).ShouldBe(HttpStatusCode.Conflict);
        visitors.Portal.Portal.Source.State.Setting.Password.ShouldBe("second password");
    }

    [Fact]
    public async Task The_API_and_the_command_line_are_somebody_else_too_and_change_what_they_name_alone()
    {
        await using var visitors = await StartAsync();
        var form = All["key"];
        await visitors.Done(form.Action, [.. form.Mine]);
        var seen = VersionOf(await visitors.Admin.TextAsync(form.Page), form);
        await visitors.Api.Post("/keys", ("key", "k"), ("note", "by a program"));
        var key = visitors.Portal.Portal.Keys.List().Single(one => one.Name == "k");
        (key.Note, key.ServerLimit, key.Products.Count).ShouldBe(("by a program", 5, 1));

        (await visitors.Admin.PostStatusAsync(form.Action, [.. form.Theirs, ("version", seen)])).ShouldBe(
            HttpStatusCode.Conflict
        );

        await visitors.Api.Post(
            "/feeds",
            ("name", "one"),
            ("auto", "true"),
            ("deploy_after", "9"),
            ("channel", "test")
        );
        await visitors.Api.Post("/feeds", ("name", "one"), ("deploy_after", "10"));
        visitors
            .Portal.Portal.Feeds.Get("one")
            .ShouldSatisfyAllConditions(
                feed => feed.Auto.ShouldBeTrue(),
                feed => feed.DeployAfter.ShouldBe(10),
                feed => feed.Channel.ShouldBe("test")
            );
        await visitors.Api.Post("/users", ("username", "rob"), ("description", "a reader"));
        visitors
            .Portal.Portal.Users.FindOrNull("rob")!
            .ShouldSatisfyAllConditions(
                user => user.IsAdmin.ShouldBeFalse(),
                user => user.Description.ShouldBe("a reader")
            );
    }

    [Fact]
    public async Task Settings_of_the_API_change_what_they_name_alone()
    {
        await using var visitors = await StartAsync();
        await visitors.Api.Post(
            "/ldap",
            ("url", "ldaps://a.example.com"),
            ("dn", "uid=%s"),
            ("filter", "dc=x??sub?(uid=%s)")
        );
        (await visitors.Api.Post("/ldap", ("dn", "cn=%s")))
            .Result.GetProperty("url")
            .GetString()
            .ShouldBe("ldaps://a.example.com");
        visitors
            .Portal.Portal.Ldap.SettingsOrNull()
            .ShouldBe(new LdapSettings("ldaps://a.example.com", "cn=%s", "dc=x??sub?(uid=%s)"));
        await visitors.Api.Post("/ldap", ("filter", ""));
        visitors.Portal.Portal.Ldap.SettingsOrNull().ShouldBe(new LdapSettings("ldaps://a.example.com", "cn=%s"));

        await visitors.Api.Post(
            "/source",
            ("url", "https://a.example.com/"),
            ("user", "me"),
            ("password", "hunter2"),
            ("distros", "debian12")
        );
        await visitors.Api.Post("/source", ("distros", "debian13"));
        var setting = visitors.Portal.Portal.Source.State.Setting;
        (setting.Url?.AbsoluteUri, setting.User, setting.Password, setting.Distros.Single()).ShouldBe(
            ("https://a.example.com/", "me", "hunter2", "debian13")
        );
        await visitors.Api.Post("/source", ("distros", ""));
        visitors.Portal.Portal.Source.State.Setting.Distros.ShouldBeEmpty();
    }

    private static async Task<Visitors> StartAsync()
    {
        var visitors = await Visitors.StartAsync();
        await visitors.Portal.Portal.Feeds.Add(TestPortal.Admin, "one", new FeedSettings());
        foreach (var key in new[] { "theirs", "mine" })
            await visitors.Portal.Portal.Keys.Add(TestPortal.Admin, key, new KeySettings());
        return visitors;
    }

    /// <summary>The form with the address of a server that there is.</summary>
    private static async Task<Form> At(Visitors visitors, Form form)
    {
        if (!form.Page.Contains("SERVER", StringComparison.Ordinal))
            return form;
        var id = await visitors.Portal.RegisterAsync();
        var entity = visitors
            .Portal.Portal.Servers.List(new ServerQuery { ServerId = id }, visitors.Portal.Portal.Offers)
            .Single()
            .Id;
        return form with
        {
            Page = form.Page.Replace("SERVER", entity, StringComparison.Ordinal),
            Action = form.Action.Replace("SERVER", entity, StringComparison.Ordinal),
        };
    }

    /// <summary>The version that a page's form carries.</summary>
    private static string VersionOf(string page, Form form)
    {
        var found = Regex.Match(
            page,
            $"<form[^>]*action=\"{Regex.Escape(form.Action)}\"[^>]*>.*?name=\"version\" value=\"([^\"]+)\"",
            RegexOptions.Singleline
        );
        found.Success.ShouldBeTrue($"The form at {form.Page} carries no version.");
        return found.Groups[1].Value;
    }

    private static long Rows(Visitors visitors) => Accounts.Rows.Count(visitors.Portal, "operation");
}
