using System.Net;
using EPortal.Tests.Api;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>What strangers send before a login is bounded before anything keeps, logs or repeats it.</summary>
[Collection(RunsAlone.Name)]
public sealed class HostileNamesTests
{
    private const int Megabyte = 1024 * 1024;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Names_of_a_megabyte_leave_nothing_behind()
    {
        await using var api = await ApiCaller.StartAsync();
        await PostAsync(api, "warm", 1000);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        for (var number = 0; number < 160; number++)
            (await PostAsync(api, $"n{number}", 900_000, $"198.51.100.{number}")).Status.ShouldBeOneOf(
                HttpStatusCode.Unauthorized,
                HttpStatusCode.TooManyRequests
            );

        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(100 * Megabyte);
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    [InlineData(900_000, false)]
    public async Task The_login_page_repeats_names_only_that_can_be_one(int length, bool repeated)
    {
        await using var api = await ApiCaller.StartAsync();

        var (status, page) = await PostAsync(api, "n", length);

        status.ShouldBe(HttpStatusCode.Unauthorized);
        page.Contains("nxxxxxxxxx", StringComparison.Ordinal).ShouldBe(repeated);
    }

    [Theory]
    [InlineData("/admin/login", "next")]
    [InlineData("/admin/api/kcare/patchset.json", "key")]
    [InlineData("/admin/api/register", "key")]
    [InlineData("/admin/api/register", "hostname")]
    [InlineData("/admin/login", "LONG")]
    public async Task No_answer_to_a_stranger_grows_with_what_was_sent(string path, string name)
    {
        await using var api = await ApiCaller.StartAsync();
        var value = new string('y', 900_000);
        var (field, text) = name == "LONG" ? (value, "[[1]]") : (name, $"\"/admin/{value}\"");
        using var request = new HttpRequestMessage(
            path.EndsWith("json", StringComparison.Ordinal) ? HttpMethod.Get : HttpMethod.Post,
            path
        )
        {
            Content = new StringContent(
                $$"""{"{{field}}": {{text}}, "hostname2": "h"}""",
                System.Text.Encoding.UTF8,
                "application/json"
            ),
        };

        (await api.Send(request)).Text.Length.ShouldBeLessThan(20_000);
    }

    [Fact]
    public async Task A_report_repeats_no_key_that_cannot_be_one()
    {
        await using var api = await ApiCaller.StartAsync();

        (await api.Portal.Http.GetStringAsync("/admin/api/kcare/nagios/nope", Cancellation)).ShouldBe(
            "Servers not found for key nope\n"
        );
        (
            await api.Portal.Http.GetStringAsync("/admin/api/kcare/nagios/" + new string('z', 5000), Cancellation)
        ).Length.ShouldBeLessThan(400);
    }

    private static async Task<(HttpStatusCode Status, string Page)> PostAsync(
        ApiCaller api,
        string name,
        int length,
        string address = "192.0.2.1"
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/login")
        {
            Content = new FormUrlEncodedContent([
                KeyValuePair.Create("username", name.PadRight(length, 'x')),
                KeyValuePair.Create("password", "wrong"),
            ]),
        };
        request.Headers.Add("X-Forwarded-For", address);
        using var answer = await api.Portal.Http.SendAsync(request, Cancellation);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation));
    }
}
