using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EPortal.PatchSource;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace EPortal.Tests.PatchSource;

/// <summary>A patch source behind TLS whose certificate nobody vouches for.</summary>
public sealed class CertificateCheckTests
{
    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_refused()
    {
        await using var server = await StartAsync();
        using var http = Client(server, checkCert: true);
        var refused = await Should.ThrowAsync<SourceException>(() => Get(http));
        refused.Code.ShouldBe(SourceError.Unreachable);
    }

    [Fact]
    public async Task It_is_taken_where_the_administrator_has_switched_the_check_off()
    {
        await using var server = await StartAsync();
        using var http = Client(server, checkCert: false);
        (await Get(http)).Content.ShouldBe("here"u8.ToArray());
    }

    private static Task<SmallFile> Get(SourceHttp http) =>
        http.GetAsync("file", 100, CachePolicy.Any, TestContext.Current.CancellationToken);

    private static SourceHttp Client(WebApplication server, bool checkCert) =>
        new(
            new SourceOptions
            {
                Url = new Uri(server.Urls.Single()),
                CheckCert = checkCert,
                Attempts = 2,
                FirstPause = TimeSpan.FromMilliseconds(1),
            },
            TimeProvider.System
        );

    private static async Task<WebApplication> StartAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate))
        );
        var app = builder.Build();
        app.MapGet("/file", () => Results.Text("here"));
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }
}
