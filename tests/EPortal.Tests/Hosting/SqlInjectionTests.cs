using System.Net;
using CsCheck;
using EPortal.Tests.Api;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting;

/// <summary>S29: SQL and wild cards in filters.</summary>
[Trait("threat", "S29")]
public sealed class SqlInjectionTests
{
    private static readonly string[] s_filters =
    [
        "hostname",
        "ip",
        "service_id",
        "feed",
        "key",
        "tag",
        "registered_age",
        "checkin_age",
        "updated_age",
        "is_updated",
        "limit",
        "offset",
        "only_count",
    ];

    private static readonly string[] s_hostile =
    [
        "' OR 1=1 --",
        "'; DROP TABLE server; --",
        "\" OR \"\"=\"",
        "\\",
        "\\%",
        "%' OR '1'='1",
        "1); DELETE FROM server; --",
        "0x41",
        "NULL",
        "@Limit",
        "?",
        "$1",
        ":x",
        "\u0000",
        "\ud83d\ude00",
        "%%%%%%%%%%%%%%%%%%%%",
        "_",
        "[a-z]",
        "*",
    ];

    [Fact]
    public async Task Nothing_in_a_filter_is_SQL()
    {
        await using var api = await ApiCaller.StartAsync();
        await api.Portal.RegisterAsync("web1");

        foreach (var (filter, value) in s_filters.SelectMany(filter => s_hostile.Select(value => (filter, value))))
        {
            var answer = await api.Get("/servers", (filter, value));
            answer.Status.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.BadRequest);
            if (answer.Status == HttpStatusCode.OK && value.Trim('%').Length > 0)
                answer.Json.GetProperty("count").GetInt64().ShouldBe(0, $"{filter}={value}");
        }

        (await api.Get("/servers")).Json.GetProperty("count").GetInt64().ShouldBe(1);
    }

    [Fact]
    public async Task Whatever_is_asked_for_is_answered_with_what_has_that_very_text()
    {
        await using var api = await ApiCaller.StartAsync();
        await api.Portal.RegisterAsync("web1");

        await Gen.Select(Gen.Int[0, 5].Select(number => s_filters[number]), Gen.String)
            .SampleAsync(
                async (filter, value) =>
                {
                    var answer = await api.Get("/servers", (filter, value));
                    answer.Status.ShouldBe(
                        value.Contains('\0') ? HttpStatusCode.BadRequest : HttpStatusCode.OK,
                        $"{filter}={value}"
                    );
                    if (answer.Status == HttpStatusCode.OK && value.Length > 0 && !value.Contains('%'))
                        answer.Json.GetProperty("count").GetInt64().ShouldBe(0);
                },
                iter: 300,
                threads: 1
            );
    }

    [Theory]
    [InlineData("/user-log", "user")]
    [InlineData("/user-log", "action")]
    [InlineData("/patchsets", "distro")]
    public async Task Neither_in_other_lists(string path, string filter)
    {
        await using var api = await ApiCaller.StartAsync();
        foreach (var value in s_hostile)
        {
            var answer = await api.Get(path, (filter, value));
            if (value.Contains('\0'))
                answer.ShouldBeError(HttpStatusCode.BadRequest, "bad-request");
            else
                answer.Result.GetArrayLength().ShouldBe(0, value);
        }
    }
}
