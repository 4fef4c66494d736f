using System.Net;
using EPortal.Tests.Agents;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting;

public sealed class AllowedHostsTests
{
    [Theory]
    [InlineData("portal.example.com", HttpStatusCode.OK)]
    [InlineData("127.0.0.1", HttpStatusCode.OK)]
    [InlineData("localhost:8080", HttpStatusCode.OK)]
    [InlineData("[::1]:8080", HttpStatusCode.OK)]
    [InlineData("127.0.0.1.example.com", HttpStatusCode.BadRequest)]
    [InlineData("localhost.example.com", HttpStatusCode.BadRequest)]
    [InlineData("10.0.0.1", HttpStatusCode.BadRequest)]
    public async Task The_listed_names_and_this_machines_own_are_answered(string host, HttpStatusCode status)
    {
        await using var portal = await StartAsync();

        using var answer = await GetAsync(portal, "/readyz", host);

        answer.StatusCode.ShouldBe(status);
    }

    [Theory]
    [InlineData("/readyz")]
    [InlineData("/admin/login")]
    [InlineData("/install-kernelcare")]
    public async Task The_setting_is_named_to_whoever_uses_another_name(string path)
    {
        await using var portal = await StartAsync();

        using var answer = await GetAsync(portal, path, "other.example.com");

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain("ALLOWED_HOSTS");
        portal.Log.ShouldContain(line => line.Contains("host 'other.example.com' is not in ALLOWED_HOSTS"));
    }

    private static Task<TestPortal> StartAsync() =>
        TestPortal.StartAsync(settings => settings with { AllowedHosts = ["portal.example.com"] });

    private static async Task<HttpResponseMessage> GetAsync(TestPortal portal, string path, string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Host = host } };
        return await portal.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
