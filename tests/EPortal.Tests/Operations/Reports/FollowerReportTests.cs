using System.Net;
using System.Text;
using System.Text.Json;
using EPortal.Data;
using EPortal.Operations.Reports;
using EPortal.Tests.Agents;
using EPortal.Tests.Cli;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Operations.Reports;

/// <summary>Reports of portals that have another one as their patch source.</summary>
public sealed class FollowerReportTests
{
    private const string Path = "/patch-source/usage-report";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_portal_takes_reports_of_its_followers_lists_them_and_passes_them_on()
    {
        await using var upper = await StartAsync();
        await using var lower = await TestPortal.StartAsync(settings =>
            settings with
            {
                PatchSourceUrl = new Uri(upper.Address, "/patch-source/"),
                PatchSourceUser = "lower",
                PatchSourcePassword = "secret",
            }
        );
        await lower.RegisterAsync();

        var sent = await lower.Portal.Reports.Send(null, isNew: true, Cancellation);

        sent.ShouldNotBeNull().Sentence.ShouldBe("usage report 1 sent to the patch source");
        var passed = upper.Portal.Reports.Next.Followers.ShouldHaveSingleItem();
        (passed.Instance, passed.Servers.Total).ShouldBe((lower.Portal.Reports.Next.Instance, 1L));
        passed.Products.ShouldContain(new ReportedProduct("kernel", 1, 0));
        (await upper.CommandLine().JsonAsync("report", "list", "--json"))
            .EnumerateArray()
            .Single()
            .GetProperty("report")
            .GetProperty("instance")
            .GetString()
            .ShouldBe(passed.Instance);
        var (_, table, _) = await upper.CommandLine(width: 200).RunAsync(["report", "list"]);
        table.ShouldContain(passed.Instance);
    }

    [Fact]
    public async Task It_takes_them_only_with_the_login_and_only_as_a_patch_source()
    {
        await using var upper = await StartAsync();
        await using var other = await TestPortal.StartAsync();
        var report = other.Portal.Reports.Next;

        (await PostAsync(upper, report, "lower:wrong")).ShouldBe(HttpStatusCode.Unauthorized);
        (await PostAsync(upper, report, null)).ShouldBe(HttpStatusCode.Unauthorized);
        (await PostAsync(upper, report, "lower:secret")).ShouldBe(HttpStatusCode.OK);
        (await PostAsync(other, report, null)).ShouldBe(HttpStatusCode.NotFound);
        upper.Portal.Database.Read(FollowerReports.List).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"format\": 1}")]
    [InlineData("not json")]
    public async Task What_is_no_report_is_refused(string body)
    {
        await using var upper = await StartAsync();

        (await PostAsync(upper, body, "lower:secret")).ShouldBe(HttpStatusCode.BadRequest);

        upper.Portal.Database.Read(FollowerReports.List).ShouldBeEmpty();
    }

    [Fact]
    public async Task Fields_out_of_bounds_are_refused()
    {
        await using var upper = await StartAsync();
        var good = upper.Portal.Reports.Next with { Instance = "other" };
        UsageReport[] bad =
        [
            good with
            {
                Format = 2,
            },
            good with
            {
                Instance = "a b",
            },
            good with
            {
                Instance = new string('a', 129),
            },
            good with
            {
                Host = "a\nb",
            },
            good with
            {
                Number = -1,
            },
            good with
            {
                Servers = good.Servers with { Inactive = -1 },
            },
            good with
            {
                Followers = [good with { Followers = [good] }],
            },
            good with
            {
                Followers = [.. Enumerable.Repeat(good, UsageReport.MaxFollowers + 1)],
            },
        ];

        foreach (var report in bad)
            (await PostAsync(upper, report, "lower:secret")).ShouldBe(HttpStatusCode.BadRequest);

        var text = Encoding.ASCII.GetString(good.ToJson());
        foreach (var list in (string[])["products", "followers"])
        {
            var start = text.IndexOf($"\"{list}\": [", StringComparison.Ordinal) + list.Length + 5;
            (
                await PostAsync(upper, text.Insert(start, list == "products" ? "null," : "null"), "lower:secret")
            ).ShouldBe(HttpStatusCode.BadRequest);
        }

        (await PostAsync(upper, good, "lower:secret")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Only_so_many_portals_are_remembered_and_silent_ones_not_for_ever()
    {
        await using var upper = await StartAsync();
        var report = upper.Portal.Reports.Next;
        await upper.Portal.Log.Commit(
            Actor.Portal,
            change =>
            {
                for (var number = 0; number < UsageReport.MaxFollowers; number++)
                    FollowerReports.Put(change, report with { Instance = $"portal-{number}" });
                return true;
            }
        );

        (await PostAsync(upper, report with { Instance = "late" }, "lower:secret")).ShouldNotBe(HttpStatusCode.OK);
        (await PostAsync(upper, report with { Instance = "portal-7" }, "lower:secret")).ShouldBe(HttpStatusCode.OK);
        upper.Portal.Reports.Next.ToJson().Length.ShouldBeLessThan(UsageReport.MaxBytes);
        upper.Time.Advance(FollowerReports.Kept + TimeSpan.FromMinutes(1));
        (await PostAsync(upper, report with { Instance = "late" }, "lower:secret")).ShouldBe(HttpStatusCode.OK);

        upper.Portal.Database.Read(FollowerReports.List).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Portals_that_follow_each_other_in_a_ring_are_told_of_once()
    {
        await using var one = await StartAsync();
        await using var two = await StartAsync();
        for (var round = 0; round < 3; round++)
        {
            (await PostAsync(two, one.Portal.Reports.Next, "lower:secret")).ShouldBe(HttpStatusCode.OK);
            (await PostAsync(one, two.Portal.Reports.Next, "lower:secret")).ShouldBe(HttpStatusCode.OK);
        }

        one.Portal.Reports.Next.Followers.Select(report => report.Instance)
            .ShouldBe([two.Portal.Reports.Next.Instance]);
    }

    [Fact]
    public async Task A_reduced_report_holds_only_counts_and_none_holds_names_of_servers()
    {
        await using var upper = await StartAsync(reduced: true);
        await using var lower = await TestPortal.StartAsync();
        (await lower.CheckInAsync(TestPortal.Facts(await lower.RegisterAsync("secret-host")))).Dispose();
        var full = lower.Portal.Reports.Next;
        (await PostAsync(upper, full, "lower:secret")).ShouldBe(HttpStatusCode.OK);

        var reduced = upper.Portal.Reports.Next;

        full.Host.ShouldBe(Environment.MachineName);
        full.Distros.ShouldBe([new ReportedDistro("debian", "12", 1)]);
        full.Servers.Active.ShouldBe(1);
        Encoding.ASCII.GetString(full.ToJson()).ShouldNotContain("secret-host");
        var text = Encoding.ASCII.GetString(reduced.ToJson());
        text.ShouldNotContain("\"host\"");
        text.ShouldNotContain("debian");
        reduced.Followers.ShouldHaveSingleItem().Servers.Active.ShouldBe(1);
    }

    [Fact]
    public async Task The_command_shows_the_next_report_and_sends_one()
    {
        await using var portal = await TestPortal.StartAsync();

        var shown = await portal.CommandLine().JsonAsync("report", "--dry-run");
        var (exit, output, error) = await portal.CommandLine().RunAsync(["report"]);

        shown.GetProperty("number").GetInt64().ShouldBe(1);
        (exit, output.Trim()).ShouldBe((0, "usage report 1 saved in reports/, send it by hand"), error);
        (await portal.CommandLine().JsonAsync("report", "--dry-run")).GetProperty("number").GetInt64().ShouldBe(2);
    }

    [Fact]
    public async Task Each_field_is_in_the_document()
    {
        await using var portal = await TestPortal.StartAsync();
        var document = await File.ReadAllTextAsync(
            System.IO.Path.Combine(Repository.Root, "docs/usage-reports.md"),
            Cancellation
        );

        using var json = JsonDocument.Parse(portal.Portal.Reports.Next.ToJson());
        foreach (var field in json.RootElement.EnumerateObject().Select(field => field.Name).Append("host"))
            document.ShouldContain($"`{field}", customMessage: field);
        foreach (var field in json.RootElement.GetProperty("servers").EnumerateObject())
            (document.Contains($"`servers.{field.Name}`") || document.Contains($"`{field.Name}`")).ShouldBeTrue();
    }

    private static Task<TestPortal> StartAsync(bool reduced = false) =>
        TestPortal.StartAsync(settings =>
            settings with
            {
                ServePatchSource = true,
                ServePatchSourceUser = "lower",
                ServePatchSourcePassword = "secret",
                ReducedReport = reduced,
            }
        );

    private static Task<HttpStatusCode> PostAsync(TestPortal portal, UsageReport report, string? login) =>
        PostAsync(portal, Encoding.ASCII.GetString(report.ToJson()), login);

    private static async Task<HttpStatusCode> PostAsync(TestPortal portal, string body, string? login)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = login is null ? null : TestPortal.Basic(login);
        using var answer = await portal.Http.SendAsync(request, Cancellation);
        return answer.StatusCode;
    }
}
