using System.Net;
using System.Security.Authentication;
using EPortal.Hosting;
using EPortal.Hosting.Tls;
using EPortal.Tests.Agents;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Hosting;

/// <summary>HTTPS by the portal itself.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Certificate => _folder.File("tls.crt");

    private string Key => _folder.File("tls.key");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_serves_with_the_certificate_of_the_files_and_with_the_next_one_when_they_change()
    {
        using var first = TlsPair.Write(Certificate, Key);
        await using var portal = await StartAsync();
        (await ThumbprintAsync(portal)).ShouldBe(first.Thumbprint);

        File.WriteAllText(Certificate, "half a certificate");
        await Eventually(async () =>
            portal.Log.Any(line => line.Contains("the one before stays"))
            || await ThumbprintAsync(portal) != first.Thumbprint
        );
        (await ThumbprintAsync(portal)).ShouldBe(first.Thumbprint);
        using var second = TlsPair.Write(Certificate, Key);

        await Eventually(async () => await ThumbprintAsync(portal) == second.Thumbprint);
    }

    [Fact]
    public async Task What_the_message_says_to_do_is_enough()
    {
        using var first = TlsPair.Write(Certificate, Key);
        await using var portal = await StartAsync();
        (await ThumbprintAsync(portal)).ShouldBe(first.Thumbprint);
        using var second = TlsPair.Write(Certificate, Key);
        File.SetUnixFileMode(Key, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        await Eventually(async () =>
            await ThumbprintAsync(portal) == first.Thumbprint && portal.Log.Any(line => line.Contains("run chmod 640"))
        );

        File.SetUnixFileMode(Key, UnixFileMode.UserRead | UnixFileMode.GroupRead);

        await Eventually(async () => await ThumbprintAsync(portal) == second.Thumbprint);
    }

    [Fact]
    public async Task A_certificate_that_OpenSSL_does_not_serve_never_takes_the_place_of_a_good_one()
    {
        using var first = TlsPair.Write(Certificate, Key);
        await using var portal = await StartAsync();
        (await ThumbprintAsync(portal)).ShouldBe(first.Thumbprint);

        Shell.Run(
            "openssl",
            [
                "req",
                "-x509",
                "-newkey",
                "rsa:1024",
                "-nodes",
                "-subj",
                "/CN=localhost",
                "-keyout",
                Key,
                "-out",
                Certificate,
            ]
        );

        await Eventually(async () =>
        {
            (await ThumbprintAsync(portal)).ShouldBe(first.Thumbprint);
            return portal.Log.Any(line => line.Contains("OpenSSL does not take the certificate"));
        });
        Refused().ShouldContain("use RSA of 2048 bits or more");
    }

    [Fact]
    public async Task Links_in_a_circle_leave_the_certificate_as_it_is()
    {
        using var first = TlsPair.Write(Certificate, Key);
        await using var portal = await StartAsync();
        (await ThumbprintAsync(portal)).ShouldBe(first.Thumbprint);
        File.Delete(Key);
        File.CreateSymbolicLink(Key, Key);

        await Eventually(async () =>
        {
            (await ThumbprintAsync(portal)).ShouldBe(first.Thumbprint);
            return portal.Log.Any(line => line.Contains("the one before stays"));
        });
    }

    [Fact]
    public async Task It_speaks_TLS_1_2_and_1_3_alone()
    {
        using var made = TlsPair.Write(Certificate, Key);
        await using var portal = await StartAsync();

        foreach (var protocol in (SslProtocols[])[SslProtocols.Tls12, SslProtocols.Tls13])
            (await ThumbprintAsync(portal, protocol)).ShouldBe(made.Thumbprint);
#pragma warning disable SYSLIB0039, CA5397
        await Should.ThrowAsync<HttpRequestException>(() => ThumbprintAsync(portal, SslProtocols.Tls11));
#pragma warning restore SYSLIB0039, CA5397
    }

    [Fact]
    public void What_is_wrong_with_the_files_is_said()
    {
        Refused().ShouldContain($"cannot read {Certificate} (TLS_CERT) as user");
        using var made = TlsPair.Write(Certificate, Key);
        File.SetUnixFileMode(Key, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Refused().ShouldBe($"every user can read the private key {Key} (TLS_KEY); run chmod 640 {Key}");
        using var other = TlsPair.Write(_folder.File("other.crt"), Key);
        Refused().ShouldContain($"{Key} (TLS_KEY) is not the private key");
        File.WriteAllText(Key, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n");
        Refused().ShouldContain("is protected by a password");
        File.WriteAllText(Key, "nothing");
        Refused().ShouldContain($"{Key} (TLS_KEY) is not the private key");
        File.WriteAllText(Certificate, "nothing");
        Refused().ShouldBe($"{Certificate} (TLS_CERT) holds no certificate in PEM form");
    }

    [Theory]
    [InlineData(90, "ok", "is valid until")]
    [InlineData(10, "warning", "expires at")]
    [InlineData(-1, "problem", "expired at")]
    public void An_end_that_is_near_is_told_in_time(int days, string severity, string words)
    {
        using var made = TlsPair.Write(Certificate, Key, days: days);
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());

        var finding = TlsCertificate.Open(Certificate, Key, time).Look().ShouldHaveSingleItem();

        finding.Severity.ShouldBe(severity);
        finding.Message.ShouldContain(words);
    }

    private string Refused() => Should.Throw<StartException>(() => TlsCertificate.Open(Certificate, Key)).Message;

    private Task<TestPortal> StartAsync() =>
        TestPortal.StartAsync(settings =>
            settings with
            {
                Listen = [new Uri("https://127.0.0.1:0")],
                TlsCert = Certificate,
                TlsKey = Key,
            }
        );

    private static async Task<string> ThumbprintAsync(TestPortal portal, SslProtocols protocols = SslProtocols.None)
    {
        var thumbprint = "";
        using var http = new HttpClient(
            new SocketsHttpHandler
            {
                SslOptions = new()
                {
                    EnabledSslProtocols = protocols,
                    RemoteCertificateValidationCallback = (_, shown, _, _) =>
                    {
                        thumbprint = shown!.GetCertHashString();
                        return shown is not null; // What is looked at is which one it shows.
                    },
                },
            }
        );
        using var answer = await http.GetAsync(new Uri(portal.Address, "/healthz"), Cancellation);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return thumbprint;
    }

    private static async Task Eventually(Func<Task<bool>> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        while (!await condition())
            await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
    }
}
