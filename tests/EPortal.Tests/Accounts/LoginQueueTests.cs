using System.Net;
using EPortal.Tests.Api;
using EPortal.Tests.Operations;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>
/// Who waits for whom when many passwords are to be checked. Run by itself: what is counted are the checks that fit
/// beside a request, and other tests take the processors away from the one and not from the other.
/// </summary>
[Collection(RunsAlone.Name)]
public sealed class LoginQueueTests
{
    private const int Waiting = 50;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("198.51.100.{0}")]
    [InlineData("10.{0}.0.1")]
    [InlineData("2001:db8:{0}::1")]
    public async Task An_owner_from_a_new_address_does_not_wait_behind_guesses_that_came_first(string strangers)
    {
        await using var api = await ApiCaller.StartAsync();
        var done = 0;
        var guesses = Enumerable
            .Range(1, Waiting)
            .Select(async number =>
            {
                var status = await LogInAsync(
                    api,
                    $"user{number}",
                    "wrong",
                    string.Format(System.Globalization.CultureInfo.InvariantCulture, strangers, number)
                );
                Interlocked.Increment(ref done);
                return status;
            })
            .ToList();
        await api.Portal.ScrapeUntilAsync(metrics =>
            metrics["eportal_logins_waiting"] + Volatile.Read(ref done) + 2 >= Waiting
        );
        var before = Volatile.Read(ref done);

        (await LogInAsync(api, ApiCaller.Admin, ApiCaller.Password, "203.0.113.7")).ShouldBe(HttpStatusCode.Redirect);

        // In the order in which they came it would be nearly all; some are checked while the request is on its way.
        (Volatile.Read(ref done) - before).ShouldBeLessThan(
            Waiting * 4 / 5,
            "so many guesses were checked while the owner waited"
        );
        (await Task.WhenAll(guesses)).ShouldAllBe(status => status == HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_program_that_begins_with_many_calls_at_once_gets_all_its_answers()
    {
        await using var api = await ApiCaller.StartAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => api.Get("/feeds")));

        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
    }

    private static async Task<HttpStatusCode> LogInAsync(ApiCaller api, string user, string password, string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/admin/login");
        request.Method = HttpMethod.Post;
        request.Content = new FormUrlEncodedContent([
            KeyValuePair.Create("username", user),
            KeyValuePair.Create("password", password),
        ]);
        request.Headers.Add("X-Forwarded-For", address);
        using var answer = await api.Portal.Http.SendAsync(request, Cancellation);
        return answer.StatusCode;
    }
}
