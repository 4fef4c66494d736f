using System.Net;
using EPortal.Tests.Servers;
using Shouldly;
using Xunit;

namespace EPortal.Tests.WebConsole;

/// <summary>
/// A form that is refused comes back as it was filled in, with a reason that names its fields as people know them.
/// </summary>
public sealed class RefusedFormTests
{
    [Theory]
    [InlineData("/admin/new-key", "server_limit", "-3", "server limit must be a whole number from 0 to 2147483647")]
    [InlineData("/admin/new-key", "server_limit", "abc", "server limit must be a whole number")]
    [InlineData("/admin/new-feed", "deploy_after", "soon", "delay in hours must be a whole number from 0 to 8760")]
    [InlineData("/admin/api-keys", "expires_days", "0", "number of days must be a whole number from 1 to 3650")]
    public async Task A_number_that_is_none_is_told_by_its_label(
        string form,
        string field,
        string value,
        string problem
    )
    {
        await using var fleet = await ServerFleet.StartAsync();

        var (status, page) = await PostAsync(
            fleet,
            form,
            (field, value),
            ("note", "what was typed"),
            ("name", "typed-name"),
            ("products", "kernel")
        );

        status.ShouldBe(HttpStatusCode.BadRequest);
        page.ShouldContain(problem);
        page.ShouldContain($"value=\"{value}\"");
        page.ShouldContain(form == "/admin/new-key" ? "what was typed" : "typed-name");
    }

    [Fact]
    public async Task An_api_key_without_a_name_is_asked_for_one()
    {
        await using var fleet = await ServerFleet.StartAsync();

        var (status, page) = await PostAsync(fleet, "/admin/api-keys", ("expires_days", "77"));

        status.ShouldBe(HttpStatusCode.BadRequest);
        page.ShouldContain("nter a name");
        page.ShouldContain("value=\"77\"");
    }

    [Fact]
    public async Task What_was_typed_stays_when_the_feed_was_deleted_meanwhile()
    {
        await using var fleet = await ServerFleet.StartAsync();

        var (status, page) = await PostAsync(
            fleet,
            "/admin/new-key",
            ("key", "typed"),
            ("feed", "gone"),
            ("products", "kernel")
        );

        status.ShouldBe(HttpStatusCode.BadRequest);
        page.ShouldContain("&#x27;gone&#x27; not found");
        page.ShouldContain("value=\"typed\"");
    }

    [Fact]
    public async Task A_bind_password_that_was_typed_is_asked_for_again()
    {
        await using var fleet = await ServerFleet.StartAsync();

        var (status, page) = await PostAsync(
            fleet,
            "/admin/ldap",
            ("url", "no address"),
            ("dn", "uid=%s"),
            ("bind_dn", "cn=reader"),
            ("bind_password", "secret-typed")
        );

        status.ShouldBe(HttpStatusCode.BadRequest);
        page.ShouldContain("enter the password again");
        page.ShouldNotContain("secret-typed");
    }

    [Theory]
    [InlineData("/admin/servers/{0}/delete")]
    [InlineData("/admin/tag/remove?tag=web")]
    public async Task A_deletion_that_was_not_confirmed_shows_its_page_again(string form)
    {
        await using var fleet = await ServerFleet.StartAsync();
        var id = await fleet.AddAsync("web1", facts => facts with { Tags = "web" });

        var (status, page) = await PostAsync(
            fleet,
            form.Replace("{0}", Uri.EscapeDataString(id), StringComparison.Ordinal)
        );

        status.ShouldBe(HttpStatusCode.BadRequest);
        page.ShouldContain("onfirm the deletion with the checkbox");
        page.ShouldContain("<form");
    }

    [Fact]
    public async Task A_form_of_the_same_number_that_is_filled_in_otherwise_is_another()
    {
        await using var fleet = await ServerFleet.StartAsync();
        (string, string)[] first =
        [
            ("once", new string('a', 22)),
            ("key", "one"),
            ("feed", "main"),
            ("products", "kernel"),
        ];
        (string, string)[] second =
        [
            ("once", new string('a', 22)),
            ("key", "two"),
            ("feed", "main"),
            ("products", "kernel"),
        ];

        foreach (var form in (IEnumerable<(string, string)[]>)[first, first, second])
            (await fleet.Browser.PostStatusAsync("/admin/new-key", form)).ShouldBe(HttpStatusCode.Redirect);

        var keys = await fleet.Browser.TextAsync("/admin/keys");
        keys.ShouldContain("/admin/keys/one\"");
        keys.ShouldContain("/admin/keys/two\"");
        fleet.Log("key.add").Count(line => line.Detail.Contains("one", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Theory]
    [InlineData("/admin/patchsets/kernel?offset=9999")]
    [InlineData("/admin/patchsets/kernel/K20260101_01?offset=9999")]
    public async Task Who_asks_for_rows_behind_the_last_gets_the_last_page(string path)
    {
        await using var fleet = await ServerFleet.StartAsync();
        await fleet.Portal.DeployAsync("K20260101_01", 1);

        var page = await fleet.Browser.TextAsync(path);

        page.ShouldNotContain("10,000");
        page.ShouldContain("K20260101_01");
    }

    private static async Task<(HttpStatusCode Status, string Page)> PostAsync(
        ServerFleet fleet,
        string path,
        params (string, string)[] values
    )
    {
        using var answer = await fleet.Browser.PostAsync(path, values);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
