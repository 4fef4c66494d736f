using System.Collections.Concurrent;
using System.Net;
using EPortal.Accounts;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>C19: guessing passwords.</summary>
[Trait("threat", "C19")]
public sealed class PasswordGuessingTests
{
    private const int Allowed = 10;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Known_and_unknown_users_are_answered_in_the_same_words()
    {
        await using var api = await ApiCaller.StartAsync();
        using var browser = new Browser(api.Portal);

        var (known, unknown) = (await Try(api, ApiCaller.Admin, "wrong"), await Try(api, "nobody", "wrong"));
        (known.Status, known.Text).ShouldBe((unknown.Status, unknown.Text));
        using var a = await browser.LogInAsync(ApiCaller.Admin, "wrong");
        using var b = await browser.LogInAsync("nobody", "wrong");
        // The name stands in the form again as it was typed.
        (await a.Content.ReadAsStringAsync(Cancellation))
            .Replace($"value=\"{ApiCaller.Admin}\"", "value=\"nobody\"", StringComparison.Ordinal)
            .ShouldBe(await b.Content.ReadAsStringAsync(Cancellation));
        a.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task One_address_may_be_wrong_so_often_and_no_more_whatever_the_account()
    {
        await using var api = await ApiCaller.StartAsync();
        for (var number = 0; number < Allowed; number++)
            (await Try(api, $"user{number}", "wrong")).Status.ShouldBe(HttpStatusCode.Unauthorized);

        var refused = await Try(api, "another", "wrong");

        refused.ShouldBeError(HttpStatusCode.TooManyRequests, "too-many-attempts");
        refused.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(10));
        (await Try(api, ApiCaller.Admin, ApiCaller.Password)).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        (await Try(api, ApiCaller.Admin, ApiCaller.Password, "192.0.2.7")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_account_that_many_addresses_guess_at_still_lets_its_owner_in_from_where_they_were_before()
    {
        await using var api = await ApiCaller.StartAsync();
        (await Try(api, ApiCaller.Admin, ApiCaller.Password, "192.0.2.1")).Status.ShouldBe(HttpStatusCode.OK);
        for (var number = 0; number < Allowed; number++)
            (await Try(api, ApiCaller.Admin, $"wrong{number}", $"198.51.100.{number}")).Status.ShouldBe(
                HttpStatusCode.Unauthorized
            );

        (await Try(api, ApiCaller.Admin, "wrong", "198.51.100.200")).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        (await Login(api, ApiCaller.Admin, ApiCaller.Password, "192.0.2.1")).ShouldBe(HttpStatusCode.Redirect);
        (await Login(api, ApiCaller.Reader, ApiCaller.Password, "198.51.100.201")).ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task Nor_does_a_restart_in_the_midst_of_it_shut_the_owner_out()
    {
        await using var api = await ApiCaller.StartAsync();
        (await Login(api, ApiCaller.Admin, ApiCaller.Password, "192.0.2.1")).ShouldBe(HttpStatusCode.Redirect);

        await using var portal = EPortal.Hosting.Portal.Open(api.Portal.Portal.Settings, api.Portal.Time);
        await using var app = EPortal.Hosting.WebPortal.Build(portal);
        await app.StartAsync(Cancellation);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        for (var number = 0; number < Allowed; number++)
            (await Status(http, $"wrong{number}", $"198.51.100.{number}")).ShouldBe(HttpStatusCode.Unauthorized);

        (await Status(http, ApiCaller.Password, "198.51.100.200")).ShouldBe(HttpStatusCode.TooManyRequests);
        (await Status(http, ApiCaller.Password, "192.0.2.1")).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("ADA")]
    [InlineData("aDa")]
    public async Task Names_that_a_directory_takes_for_one_another_are_guessed_at_together(string name)
    {
        await using var api = await ApiCaller.StartAsync();
        for (var number = 0; number < Allowed; number++)
            await Try(api, "ada", $"wrong{number}", $"192.0.2.{number}");

        (await Try(api, name, "wrong", "198.51.100.2")).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        (await Try(api, "bob", "wrong", "198.51.100.2")).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task What_programs_sent_a_moment_ago_tells_no_guess_from_another()
    {
        await using var api = await ApiCaller.StartAsync();
        (await Try(api, ApiCaller.Admin, ApiCaller.Password)).Status.ShouldBe(HttpStatusCode.OK);
        for (var number = 0; number < Allowed; number++)
            (await Try(api, ApiCaller.Admin, $"wrong{number}")).Status.ShouldBe(HttpStatusCode.Unauthorized);

        (await Try(api, ApiCaller.Admin, "wrong")).Status.ShouldBe(HttpStatusCode.TooManyRequests);
        (await Try(api, ApiCaller.Admin, ApiCaller.Password)).Status.ShouldBe(
            HttpStatusCode.TooManyRequests,
            "guesses from the owner's own address"
        );
        api.Portal.Time.Advance(TimeSpan.FromSeconds(10));
        (await Try(api, ApiCaller.Admin, ApiCaller.Password)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Many_guesses_at_once_do_not_slip_through()
    {
        await using var api = await ApiCaller.StartAsync();
        var answers = new ConcurrentBag<HttpStatusCode>();

        await Parallel.ForEachAsync(
            Enumerable.Range(0, 100),
            new ParallelOptions { MaxDegreeOfParallelism = 50 },
            async (number, _) => answers.Add((await Try(api, ApiCaller.Admin, $"wrong{number}")).Status)
        );

        answers.Count(status => status == HttpStatusCode.Unauthorized).ShouldBeInRange(1, Allowed + 2);
        answers.ShouldAllBe(status =>
            status == HttpStatusCode.Unauthorized || status == HttpStatusCode.TooManyRequests
        );
    }

    [Fact]
    public async Task Nobody_is_locked_out_for_good()
    {
        await using var api = await ApiCaller.StartAsync();
        for (var number = 0; number < Allowed; number++)
            await Try(api, ApiCaller.Admin, $"wrong{number}", "198.51.100.1");
        (await Try(api, ApiCaller.Admin, ApiCaller.Password, "192.0.2.2")).Status.ShouldBe(
            HttpStatusCode.TooManyRequests
        );

        api.Portal.Time.Advance(TimeSpan.FromSeconds(10));

        (await Try(api, ApiCaller.Admin, ApiCaller.Password, "192.0.2.2")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_password_that_was_changed_is_wrong_at_once()
    {
        await using var api = await ApiCaller.StartAsync();
        (await Try(api, ApiCaller.Admin, ApiCaller.Password)).Status.ShouldBe(HttpStatusCode.OK);

        await api.Portal.Portal.Users.Update(TestPortal.Admin, ApiCaller.Admin, new UserSettings("another one"));

        (await Try(api, ApiCaller.Admin, ApiCaller.Password)).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await Try(api, ApiCaller.Admin, "another one")).Status.ShouldBe(HttpStatusCode.OK);
    }

    private static async Task<HttpStatusCode> Status(HttpClient http, string password, string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/admin/api/feeds");
        request.Headers.Authorization = TestPortal.Basic($"{ApiCaller.Admin}:{password}");
        request.Headers.Add("X-Forwarded-For", address);
        using var answer = await http.SendAsync(request, Cancellation);
        return answer.StatusCode;
    }

    private static async Task<ApiAnswer> Try(ApiCaller api, string user, string password, string? address = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/admin/api/feeds");
        request.Headers.Authorization = TestPortal.Basic($"{user}:{password}");
        if (address is not null)
            request.Headers.Add("X-Forwarded-For", address);
        return await api.Send(request);
    }

    private static async Task<HttpStatusCode> Login(ApiCaller api, string user, string password, string address)
    {
        using var browser = new Browser(api.Portal);
        using var answer = await browser.SendAsync(
            HttpMethod.Post,
            "/admin/login",
            [("username", user), ("password", password)],
            ("X-Forwarded-For", address)
        );
        return answer.StatusCode;
    }
}
