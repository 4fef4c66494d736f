using EPortal.Accounts;
using EPortal.Data;
using EPortal.Tests.Agents;
using EPortal.Tests.Api;
using EPortal.Tests.PatchSource;
using EPortal.Tests.WebConsole;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Accounts;

/// <summary>Failed logins in the user log.</summary>
public sealed class FailedLoginTests
{
    [Fact]
    public async Task They_are_told_with_the_address_and_with_the_name_only_of_a_user_that_there_is()
    {
        await using var visitors = await Visitors.StartAsync();
        using var stranger = new Browser(visitors.Portal);
        (await stranger.LogInAsync("hunter2, my password", "x")).Dispose();
        await Until(visitors, lines => lines is ["1 failed login with an unknown user name"]);
        (await stranger.LogInAsync(ApiCaller.Reader, "wrong")).Dispose();
        await Until(visitors, lines => lines is ["1 failed login as rob", _]);
        using (var request = new HttpRequestMessage(HttpMethod.Get, "/admin/api/keys"))
        {
            request.Headers.Authorization = TestPortal.Basic($"{ApiCaller.Admin}:wrong");
            (await visitors.Api.Send(request)).Status.ShouldBe(System.Net.HttpStatusCode.Unauthorized);
        }

        await Until(visitors, lines => lines is ["1 failed login as ada", _, _]);
        var all = await visitors.Reader.TextAsync("/admin/log");
        all.ShouldNotContain("hunter2");
        all.ShouldContain("<code>failed-login</code>");
        Entries(visitors).ShouldAllBe(line => line.Actor == Actor.Nobody && line.Address == "127.0.0.1");
        await Should.ThrowAsync<RefusedException>(() =>
            visitors.Portal.Portal.Users.Add(TestPortal.Admin, "nobody", new UserSettings(ApiCaller.Password))
        );
    }

    [Fact]
    public async Task Many_of_one_address_are_one_line_each_ten_minutes()
    {
        await using var visitors = await Visitors.StartAsync();
        var failed = visitors.Portal.Services.GetRequiredService<FailedLogins>();
        failed.Add(ApiCaller.Admin, "192.0.2.7");
        await Until(visitors, lines => lines.Count == 1);
        for (var number = 0; number < 500; number++)
            failed.Add(ApiCaller.Admin, "192.0.2.7");
        for (var minute = 0; minute < 9; minute++)
            visitors.Portal.Time.Advance(TimeSpan.FromMinutes(1));
        Entries(visitors).Count.ShouldBe(1);

        visitors.Portal.Time.Advance(TimeSpan.FromMinutes(1));

        await Until(visitors, lines => lines is ["500 failed logins as ada", "1 failed login as ada"]);
    }

    [Fact]
    public async Task Strangers_from_everywhere_cannot_fill_the_log()
    {
        await using var visitors = await Visitors.StartAsync();
        var failed = visitors.Portal.Services.GetRequiredService<FailedLogins>();
        for (var number = 0; number < 5000; number++)
            failed.Add($"name{number}", $"10.{number / 250}.0.{number % 250}");

        await Until(visitors, lines => lines.Count >= FailedLogins.MaxLines);
        Entries(visitors).Count.ShouldBeLessThanOrEqualTo(FailedLogins.MaxLines + 3);
        visitors.Portal.Time.Advance(TimeSpan.FromMinutes(11));
        await Until(visitors, _ => Told(visitors) == 5000);
        for (var minute = 0; minute < 60; minute++)
        {
            visitors.Portal.Time.Advance(TimeSpan.FromMinutes(1));
            for (var number = 0; number < 100; number++)
                failed.Add("x", $"10.{minute}.1.{number}");
        }

        await Until(visitors, _ => Told(visitors) > 5000);
        Entries(visitors).Count.ShouldBeLessThanOrEqualTo((2 * FailedLogins.MaxLines) + 30);
    }

    [Fact]
    public async Task What_is_not_told_yet_is_told_when_the_portal_stops()
    {
        await using var visitors = await Visitors.StartAsync();
        var failed = visitors.Portal.Services.GetRequiredService<FailedLogins>();
        failed.Add(ApiCaller.Admin, "192.0.2.7");
        await Until(visitors, lines => lines.Count == 1);
        failed.Add(ApiCaller.Admin, "192.0.2.7");

        await failed.StopAsync(TestContext.Current.CancellationToken);

        Lines(visitors).ShouldBe(["1 failed login as ada", "1 failed login as ada"]);
    }

    private static IReadOnlyList<UserLogEntry> Entries(Visitors visitors) =>
        visitors.Portal.Portal.Database.Read(new UserLogQuery { Action = FailedLogins.Action, Limit = 10_000 }.Run);

    private static List<string> Lines(Visitors visitors) => [.. Entries(visitors).Select(line => line.Detail)];

    private static long Told(Visitors visitors) =>
        Entries(visitors)
            .Sum(line =>
                long.Parse(
                    line.Detail.Split(' ')[0],
                    System.Globalization.NumberStyles.AllowThousands,
                    System.Globalization.CultureInfo.InvariantCulture
                )
            );

    private static Task Until(Visitors visitors, Func<List<string>, bool> holds) =>
        SourcePortal.UntilAsync(() => Task.FromResult(holds(Lines(visitors))));
}
