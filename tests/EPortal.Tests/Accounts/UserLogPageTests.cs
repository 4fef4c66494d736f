using System.Net;
using EPortal.Accounts;
using EPortal.Data;
using EPortal.Tests.Agents;
using EPortal.Tests.WebConsole;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>The console's page of the user log.</summary>
public sealed class UserLogPageTests
{
    [Fact]
    public async Task It_is_filtered_by_who_what_and_day_and_exported_alike()
    {
        await using var visitors = await Visitors.StartAsync();
        var api = visitors.Api;
        visitors.Portal.Time.Advance(TimeSpan.FromHours(24 - 12) - TimeSpan.FromSeconds(1));
        await api.Post("/feeds", ("name", "before-midnight"));
        visitors.Portal.Time.Advance(TimeSpan.FromSeconds(1));
        await api.Post("/keys", ("key", "at-midnight"));

        await Shows(visitors, "?action=feed", "before-midnight", "at-midnight");
        await Shows(visitors, "?since=2026-05-02", "at-midnight", "before-midnight");
        await Shows(visitors, "?until=2026-05-01", "before-midnight", "at-midnight");
        await Shows(
            visitors,
            "?since=2026-05-01&until=2026-05-01&action=feed&user=ada",
            "before-midnight",
            "at-midnight"
        );
        await Shows(visitors, "?user=tester", "key.add", "before-midnight");
        (await visitors.Admin.TextAsync("/admin/log?user=nobody")).ShouldContain("No entries");
    }

    [Theory]
    [InlineData("since=yesterday", "invalid since")]
    [InlineData("until=2026-02-30", "invalid until")]
    [InlineData("offset=-1", "offset must be")]
    public async Task What_cannot_be_asked_is_said(string query, string sentence)
    {
        await using var visitors = await Visitors.StartAsync();
        using var answer = await visitors.Reader.GetAsync("/admin/log?" + query);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await Visitors.TextOf(answer)).ShouldContain(sentence);
    }

    [Fact]
    public async Task It_has_pages_that_keep_the_filters()
    {
        await using var visitors = await Visitors.StartAsync();
        for (var number = 0; number < 51; number++)
            await Note(visitors, "test.many", $"line {number:00}.");

        var first = await visitors.Reader.TextAsync("/admin/log?action=test");
        first.ShouldContain("1 to 50 of 51");
        first.ShouldContain("line 50.");
        first.ShouldNotContain("line 00.");
        first.ShouldContain("href=\"/admin/log?action=test&amp;offset=50\"");
        (await visitors.Reader.TextAsync("/admin/log?action=test&offset=50")).ShouldContain("line 00.");
    }

    [Fact]
    public async Task Counting_ends_where_pages_end()
    {
        await using var visitors = await Visitors.StartAsync();
        await visitors.Portal.Portal.Log.Commit(
            TestPortal.Admin,
            change =>
            {
                for (var number = 0; number < UserLogFilter.MostRows + 1; number++)
                    change.Note("test.many", "x");
                return true;
            }
        );

        var page = await visitors.Reader.TextAsync("/admin/log");
        page.ShouldContain("1 to 50 of 10,000");
        page.ShouldContain("Only the newest 10,000 entries are listed");
        (await visitors.Reader.TextAsync("/admin/log?offset=9950")).ShouldContain("9,951 to 10,000 of 10,000");
    }

    [Fact]
    public async Task What_stands_in_it_is_shown_encoded()
    {
        await using var visitors = await Visitors.StartAsync();
        foreach (var text in Visitors.Hostile)
        {
            await visitors.Portal.Portal.Log.Commit(
                new Actor(text, text),
                change =>
                {
                    change.Note(text, text);
                    return true;
                }
            );
            var page = await visitors.Admin.TextAsync(
                $"/admin/log?user={Uri.EscapeDataString(text)}&action={Uri.EscapeDataString(text)}"
            );
            page.ShouldContain("1 to 1 of 1");
            Visitors.ShouldShowEncoded(page, text);
        }
    }

    private static async Task Shows(Visitors visitors, string query, string there, string absent)
    {
        var page = await visitors.Admin.TextAsync("/admin/log" + query);
        var csv = await visitors.Admin.TextAsync("/admin/api/user-log" + query + "&format=csv&limit=10000");
        foreach (var text in new[] { page, csv })
        {
            text.ShouldContain(there);
            text.ShouldNotContain(absent);
        }
    }

    private static Task<bool> Note(Visitors visitors, string action, string detail) =>
        visitors.Portal.Portal.Log.Commit(
            TestPortal.Admin,
            change =>
            {
                change.Note(action, detail);
                return true;
            }
        );
}
