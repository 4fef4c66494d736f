using System.Net;
using System.Text.Json;
using EPortal.Hosting;
using EPortal.Tests.Agents;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Operations;

public sealed class MetricsAccessTests
{
    private const string Token = "metrics-token-of-this-test";

    [Fact]
    public async Task This_machine_may_read_them_by_default()
    {
        await using var portal = await TestPortal.StartAsync();

        using var answer = await portal.AskAsync("/metrics");

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
    }

    [Theory]
    [InlineData(Token, HttpStatusCode.OK)]
    [InlineData(null, HttpStatusCode.Forbidden)]
    [InlineData("", HttpStatusCode.Forbidden)]
    [InlineData(Token + "x", HttpStatusCode.Forbidden)]
    [InlineData("metrics-token-of-this-tes", HttpStatusCode.Forbidden)]
    public async Task Others_need_the_token(string? token, HttpStatusCode expected)
    {
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                MetricsToken = Token,
                MetricsAllowedNetworks = [],
            }
        );

        using var answer = await portal.AskAsync("/metrics", token);

        answer.StatusCode.ShouldBe(expected);
        if (expected == HttpStatusCode.Forbidden)
            await ShouldBeForbidden(answer);
    }

    [Fact]
    public async Task Without_a_token_no_token_is_right()
    {
        await using var portal = await TestPortal.StartAsync(settings => settings with { MetricsAllowedNetworks = [] });

        using var empty = await portal.GetAsync(
            "/metrics",
            headers: headers => headers.TryAddWithoutValidation("Authorization", "Bearer ")
        );
        using var basic = await portal.GetAsync(
            "/metrics",
            headers: headers => headers.Authorization = TestPortal.Basic("a:b")
        );

        await ShouldBeForbidden(empty);
        await ShouldBeForbidden(basic);
    }

    /// <summary>
    /// The portal sees 127.0.0.1, which is a proxy that it trusts, does not trust, or trusts but not what stood before
    /// it.
    /// </summary>
    [Theory]
    [InlineData("127.0.0.1", "10.1.2.3", "10.0.0.0/8", true)]
    [InlineData("127.0.0.1", "192.0.2.7", "10.0.0.0/8", false)]
    [InlineData("127.0.0.1", "192.0.2.7", "127.0.0.0/8", false)]
    [InlineData("127.0.0.1", "127.0.0.1, 192.0.2.7", "127.0.0.0/8", false)]
    [InlineData("127.0.0.1", "::ffff:10.1.2.3", "10.0.0.0/8", true)]
    [InlineData("192.0.2.1", "10.1.2.3", "10.0.0.0/8", false)]
    [InlineData("192.0.2.1", "127.0.0.1", "127.0.0.0/8", false)]
    [InlineData(null, "127.0.0.1", "127.0.0.0/8", false)]
    public async Task Only_trusted_proxies_say_where_a_request_came_from(
        string? trusted,
        string claims,
        string allowed,
        bool expected
    )
    {
        await using var portal = await TestPortal.StartAsync(settings =>
            settings with
            {
                MetricsAllowedNetworks = [NetworkRange.ParseOrNull(allowed)!],
                TrustedProxies = trusted is null ? [] : [NetworkRange.ParseOrNull(trusted)!],
            }
        );

        using var answer = await portal.AskAsync("/metrics", claims: claims);

        answer.StatusCode.ShouldBe(expected ? HttpStatusCode.OK : HttpStatusCode.Forbidden);
    }

    private static async Task ShouldBeForbidden(HttpResponseMessage answer)
    {
        answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        using var json = JsonDocument.Parse(
            await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)
        );
        json.RootElement.GetProperty("error").GetString().ShouldBe("forbidden");
        json.RootElement.GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
    }
}
