using System.Net.Http.Headers;
using EPortal.Tests.Agents;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Operations;

/// <summary>Reads the metrics of a portal as Prometheus does.</summary>
internal static class Scraping
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<Exposition> ScrapeAsync(this TestPortal portal) =>
        Exposition.Parse(await portal.Http.GetStringAsync("/metrics", Cancellation));

    /// <summary>Reads until they are so, for at most ten seconds.</summary>
    public static async Task ScrapeUntilAsync(this TestPortal portal, Func<Exposition, bool> wanted)
    {
        var deadline = TimeProvider.System.GetTimestamp();
        while (!wanted(await portal.ScrapeAsync()))
            TimeProvider.System.GetElapsedTime(deadline).ShouldBeLessThan(TimeSpan.FromSeconds(10));
    }

    /// <summary>Asks with a token or a claimed address.</summary>
    public static Task<HttpResponseMessage> AskAsync(
        this TestPortal portal,
        string path,
        string? token = null,
        string? claims = null
    ) =>
        portal.GetAsync(
            path,
            headers: headers =>
            {
                if (token is not null)
                    headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
                if (claims is not null)
                    headers.Add("X-Forwarded-For", claims);
            }
        );
}
