using System.Net;
using EPortal.Data;
using EPortal.Servers;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Servers;

/// <summary>Tags in the console.</summary>
public sealed class TagPageTests
{
    [Fact]
    public async Task All_tags_are_listed_with_how_many_servers_have_them()
    {
        await using var fleet = await ServerFleet.StartAsync();
        await fleet.AddAsync("web1", facts => facts with { Tags = "env:prod;a&b" });
        await fleet.AddAsync("web2", facts => facts with { Tags = "env:prod" });

        var page = await fleet.Browser.TextAsync("/admin/tags");

        page.ShouldContain("href=\"/admin/servers?tag=env%3Aprod\"");
        page.ShouldContain("href=\"/admin/servers?tag=a%26b\"");
        Counts(fleet).ShouldBe("a&b 1, env:prod 2");
    }

    [Theory]
    [InlineData("A", "c", "x;c, c")]
    [InlineData("a", "X", "X, X")]
    [InlineData("a", "A", "x;A, A")]
    [InlineData("nothing", "c", "x;a, A")]
    public async Task A_tag_is_renamed_wherever_it_is(string tag, string name, string become)
    {
        await using var fleet = await ServerFleet.StartAsync();
        var (web1, web2) = (
            await fleet.AddAsync("web1", facts => facts with { Tags = "x;a" }),
            await fleet.AddAsync("web2", facts => facts with { Tags = "A" })
        );

        (await fleet.Browser.PostStatusAsync($"/admin/tag/rename?tag={tag}", ("name", name))).ShouldBe(
            tag == "nothing" ? HttpStatusCode.NotFound : HttpStatusCode.Redirect
        );

        $"{fleet.Server(web1).Tags}, {fleet.Server(web2).Tags}".ShouldBe(become);
        fleet
            .Log("tag.rename")
            .Select(line => line.Detail)
            .ShouldBe(tag == "nothing" ? [] : [$"{tag} to {name}: 2 servers"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("a;b")]
    [InlineData(" ; ")]
    [InlineData("a\nb")]
    public async Task A_name_that_is_none_is_refused(string name)
    {
        await using var fleet = await ServerFleet.StartAsync();
        var id = await fleet.AddAsync("web1", facts => facts with { Tags = "a" });

        (await fleet.Browser.PostStatusAsync("/admin/tag/rename?tag=a", ("name", name))).ShouldBe(
            HttpStatusCode.BadRequest
        );

        fleet.Server(id).Tags.ShouldBe("a");
    }

    [Fact]
    public async Task A_tag_is_removed_everywhere_when_the_box_was_ticked()
    {
        await using var fleet = await ServerFleet.StartAsync();
        var id = await fleet.AddAsync("web1", facts => facts with { Tags = "a;b" });

        (await fleet.Browser.PostStatusAsync("/admin/tag/remove?tag=a")).ShouldBe(HttpStatusCode.BadRequest);
        fleet.Server(id).Tags.ShouldBe("a;b");
        (await fleet.Browser.PostStatusAsync("/admin/tag/remove?tag=a", ("sure", "true"))).ShouldBe(
            HttpStatusCode.Redirect
        );

        fleet.Server(id).Tags.ShouldBe("b");
        (await fleet.Browser.StatusAsync("/admin/tag?tag=a")).ShouldBe(HttpStatusCode.NotFound);
    }

    private static string Counts(ServerFleet fleet) =>
        fleet.Portal.Portal.Database.Read(
            (Session session) =>
                string.Join(", ", TagStore.List(session, 100, 0).Select(tag => $"{tag.Tag} {tag.Servers}"))
        );
}
