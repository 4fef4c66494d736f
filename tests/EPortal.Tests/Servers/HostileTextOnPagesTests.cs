using EPortal.AgentClient.Wire;
using EPortal.Tests.Api;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Servers;

/// <summary>C27: what hosts say of themselves is text on every page of servers.</summary>
[Trait("threat", "C27")]
public sealed class HostileTextOnPagesTests
{
    private const string Script = "<script>alert('x')</script>";
    private const string Attribute = "\" autofocus onfocus=\"alert(1)";
    private const string Link = "javascript:alert(1)";

    [Theory]
    [InlineData(Script)]
    [InlineData(Attribute)]
    [InlineData(Link)]
    [InlineData("{{7*7}} @(1+1) %00 ' & <b>")]
    public async Task Hostile_texts_are_shown_as_text(string hostile)
    {
        await using var fleet = await ServerFleet.StartAsync();
        var id = await fleet.AddAsync(hostile, facts => Said(facts, hostile));
        (
            await fleet.Portal.CheckInAsync(
                Said(TestFacts(fleet, id), hostile) with
                {
                    Euname = hostile + "2",
                    Hostname = hostile,
                }
            )
        ).Dispose();
        using (
            await fleet.Browser.PostAsync(
                "/admin/servers/columns",
                [.. EPortal.Servers.ServerColumnsModel.All.Select(column => ("column", column.Name))]
            )
        ) { }

        var escaped = Uri.EscapeDataString(hostile);
        foreach (
            var path in new[]
            {
                "/admin/servers",
                $"/admin/servers?q={escaped}",
                $"/admin/servers?distro={escaped}&sort={escaped}",
                $"/admin/servers/{id}",
                "/admin/tags",
                $"/admin/tag?tag={escaped}",
                "/admin/overview",
                $"/admin/overview?hostname={escaped}&key={escaped}",
            }
        )
        {
            var page = await fleet.Browser.TextAsync(path);
            page.ShouldNotContain("<script>alert", Case.Sensitive, path);
            page.ShouldNotContain("onfocus=\"", Case.Sensitive, path);
            page.ShouldNotContain("href=\"javascript:", Case.Insensitive, path);
            page.ShouldNotContain("action=\"javascript:", Case.Insensitive, path);
            page.ShouldNotContain("<b>", Case.Sensitive, path);
        }

        (await fleet.Browser.TextAsync($"/admin/servers/{id}")).ShouldContain(
            System.Text.Encodings.Web.HtmlEncoder.Default.Encode(hostile)
        );
        (await fleet.Browser.TextAsync("/admin/servers?tag=" + escaped)).ShouldContain(" of 1</p>");
    }

    [Theory]
    [InlineData("offset=99999999999999999999")]
    [InlineData("offset=-1")]
    [InlineData("key=a&key=b")]
    [InlineData("registered_age=9e99")]
    public async Task Values_out_of_range_are_refused(string query)
    {
        await using var fleet = await ServerFleet.StartAsync(ApiCaller.Reader);

        foreach (var path in new[] { "/admin/servers", "/admin/servers/export", "/admin/tags" })
        {
            var status = (int)await fleet.Browser.StatusAsync($"{path}?{query}");
            status.ShouldBeOneOf(200, 400);
        }

        ((int)await fleet.Browser.StatusAsync($"/admin/servers?{query}")).ShouldBe(400);
    }

    [Theory]
    [InlineData("\u202E", "\\u202e")]
    [InlineData("\U000E0041", "\\U000e0041")]
    [InlineData("\U0001D173", "\\U0001d173")]
    [InlineData("\uFE0F", "\\ufe0f")]
    public async Task What_shows_nothing_or_turns_a_line_round_is_spelt_out(string hidden, string shown)
    {
        await using var fleet = await ServerFleet.StartAsync();
        var id = await fleet.AddAsync($"web{hidden}1", facts => Said(facts, $"a{hidden}b"));
        using (
            await fleet.Browser.PostAsync(
                "/admin/servers/columns",
                [.. EPortal.Servers.ServerColumnsModel.All.Select(column => ("column", column.Name))]
            )
        ) { }

        foreach (var path in new[] { "/admin/servers", $"/admin/servers/{id}", "/admin/tags", "/admin/overview" })
        {
            var page = System.Net.WebUtility.HtmlDecode(await fleet.Browser.TextAsync(path));
            page.ShouldContain(
                path is "/admin/tags" or "/admin/overview" ? $"a{shown}b" : $"web{shown}1",
                Case.Sensitive,
                path
            );
        }
    }

    private static CheckInRequest TestFacts(ServerFleet fleet, string id) =>
        Agents.TestPortal.Facts(fleet.Server(id).ServerId);

    private static CheckInRequest Said(CheckInRequest facts, string text) =>
        facts with
        {
            Release = text,
            Euname = text,
            Version = text,
            Virt = text,
            KcareVersion = text,
            Distro = text,
            DistroVersion = text,
            Machine = text,
            Processor = text,
            PatchType = text,
            Tags = text,
            LastUpdate = new LastUpdate
            {
                Level = 1,
                Result = LastUpdate.Failed,
                Message = text,
            },
        };
}
