using System.Net;
using CsCheck;
using EPortal.Accounts;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>The rule for user names, and that it holds wherever names come from.</summary>
public sealed class UserNameTests
{
    /// <summary>
    /// Names that are taken by some for <c>admin</c> or look like it, and others that nobody could tell apart.
    /// </summary>
    public static TheoryData<string> Refused =>
        [
            "",
            ".",
            "..",
            "a b",
            "a/b",
            "a\nb",
            "a\0b",
            new string('x', 65),
            "\u00aadmin",
            "ADM\u0130N",
            "\uff41dmin",
            "g\u00aauss",
            "admin\u200b",
            "\u202enimda",
            "ad\u00admin",
            "ad\u034fmin",
            "admin\ufe00",
            "\ufeffadmin",
            "adm\u2071n",
            "\U0001d41admin",
            "a\u0315dmin",
            "\u0430dmin",
            "admin\u3164",
            "admin\u115f",
            "\ufb01n",
            "\u2160",
            "e\u0301ve",
            "\ud800x",
            "x\udfff",
            "admin\U000e0041",
            "\u06dd",
            "smile\U0001f600",
            "a\u00a0b",
            "a\u3000b",
            "\u1f600\ua7f2",
            "admin\u0640",
            "admin\u02b9",
            "admin\u02c8",
            "admin\u02d1",
            "admin\u30fc",
            "admin\u3031",
        ];

    [Theory]
    [MemberData(nameof(Refused))]
    public void They_are_refused_with_a_sentence(string name)
    {
        UserName.IsAllowed(name).ShouldBeFalse();
        UserName.ProblemOrNull(name)!.ShouldStartWith("invalid user name: ");
    }

    [Theory]
    [InlineData("admin")]
    [InlineData("Ada.Lovelace-1815_x+y")]
    [InlineData("carol@example.com")]
    [InlineData("DOMAIN\\carol")]
    [InlineData("o,neil")]
    [InlineData("m\u00fcller")]
    [InlineData("Stra\u00dfe")]
    [InlineData("\u0438\u0432\u0430\u043d")]
    [InlineData("\u03c3\u03c9\u03ba\u03c1\u03ac\u03c4\u03b7\u03c2")]
    [InlineData("\u4f50\u3005\u6728")]
    [InlineData("\u30ad\u30fc")]
    [InlineData("\u0939\u093f\u0928\u094d\u0926\u0940")]
    [InlineData("\u05d0\u05d1\u05d2")]
    [InlineData("ngu\u1ec5n")]
    public void Names_of_people_are_taken(string name) => UserName.ProblemOrNull(name).ShouldBeNull();

    [Theory]
    [InlineData("ADMIN", "admin")]
    [InlineData("\uff21dmin", "admin")]
    [InlineData("\u00aadmin", "admin")]
    [InlineData("ad\u200bmin", "admin")]
    [InlineData("STRASSE", "stra\u00dfe")]
    [InlineData("\u03a3", "\u03c2")]
    [InlineData("e\u0301", "\u00c9")]
    public void Writings_of_one_name_fold_to_the_same(string one, string other) =>
        UserName.Fold(one).ShouldBe(UserName.Fold(other));

    [Theory]
    [InlineData("ADM\u0130N")]
    [InlineData("\u00e1dmi\u0301n")]
    [InlineData("adm\u00efn")]
    public void Marks_pass_by_no_shield(string name) => UserName.FoldWithoutMarks(name).ShouldBe("admin");

    [Fact]
    public void Whatever_a_name_is_folding_it_twice_changes_nothing_and_an_allowed_one_stays_allowed() =>
        Gen.OneOf(Gen.String, Gen.String[Gen.Char['\u00a0', '\u2fff'], 0, 8])
            .Sample(name =>
            {
                var folded = UserName.Fold(name);
                UserName.Fold(folded).ShouldBe(folded);
                if (UserName.IsAllowed(name) && folded.Length <= UserName.MaxLength)
                    UserName
                        .IsAllowed(folded)
                        .ShouldBeTrue($"{string.Join(' ', name.Select(c => ((int)c).ToString("x4")))}");
            });

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task No_user_gets_such_a_name(string name)
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal);
        await browser.LogInAsync(ApiCaller.Admin, ApiCaller.Password);

        await Should.ThrowAsync<EPortal.Data.RefusedException>(() =>
            api.Portal.Portal.Users.Add(TestPortal.Admin, name, new UserSettings(ApiCaller.Password))
        );
        (await api.Post("/users", ("username", name), ("password", ApiCaller.Password))).ShouldBeError(
            HttpStatusCode.BadRequest,
            "bad-request"
        );
        (
            await browser.PostStatusAsync("/admin/new-user", ("username", name), ("password", ApiCaller.Password))
        ).ShouldBe(HttpStatusCode.BadRequest);
        api.Portal.Portal.Users.List().Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("ADA")]
    [InlineData("Ada")]
    [InlineData("Portal")]
    [InlineData("CLI:root")]
    public async Task No_name_is_given_twice_in_other_capitals(string name)
    {
        await using var api = await ApiCaller.StartAsync();

        (await api.Post("/users", ("username", name), ("password", ApiCaller.Password))).Status.ShouldBe(
            HttpStatusCode.BadRequest
        );
    }

    [Fact]
    public async Task An_account_of_before_the_rule_is_listed_changed_logged_in_and_deleted()
    {
        const string Name = "\u202enimda \u00aa\u200b";
        await using var api = await ApiCaller.StartAsync();
        var users = api.Portal.Portal.Users;
        await Rows.AddOldUser(api.Portal, Name, ApiCaller.Password);
        using var browser = new Browser(api.Portal);

        (await api.Get("/users")).Result.GetArrayLength().ShouldBe(3);
        (await browser.LogInAsync(Name, ApiCaller.Password)).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        await users.Update(TestPortal.Admin, Name, new UserSettings("another password"));
        (await browser.LogInAsync(Name, "another password")).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        (await api.Post("/users", ("username", Name), ("description", "of before"))).Status.ShouldBe(HttpStatusCode.OK);
        (await api.Delete("/users/" + Uri.EscapeDataString(Name))).Result.GetInt32().ShouldBe(1);
        users.List().Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_account_of_the_directory_of_before_is_the_same_however_its_name_is_written_now()
    {
        await using var api = await ApiCaller.StartAsync();
        var users = api.Portal.Portal.Users;
        var before = await users.Enter(
            TestPortal.Admin,
            new ExternalIdentity("ldap:stra\u00dfe", "Stra\u00dfe", "ldap", "LDAP")
        );

        foreach (
            var (name, former) in new[]
            {
                ("STRA\u00dfE", "ldap:stra\u00dfe"),
                ("strasse", "ldap:strasse"),
                ("Stra\u00dfe", "ldap:stra\u00dfe"),
            }
        )
            (
                await users.Enter(
                    TestPortal.Admin,
                    new ExternalIdentity("ldap:strasse", name, "ldap", "LDAP") { FormerKey = former }
                )
            ).Id.ShouldBe(before.Id, name);
        users.List().Count.ShouldBe(3);
    }

    [Theory]
    [InlineData("a\u202eb")]
    [InlineData("a\u2028b")]
    [InlineData("a\u0007b")]
    public async Task A_description_turns_no_text_round(string text)
    {
        await using var api = await ApiCaller.StartAsync();

        (await api.Post("/users", ("username", ApiCaller.Reader), ("description", text))).ShouldBeError(
            HttpStatusCode.BadRequest,
            "bad-request"
        );
    }
}
