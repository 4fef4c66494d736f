using System.Net;
using EPortal.Hosting.Service;
using EPortal.Hosting.Tls;
using EPortal.Operations;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace EPortal.Hosting;

/// <summary>What the web application listens on: the addresses of <c>LISTEN</c>, with TLS where they say so.</summary>
internal static class WebListening
{
    private const string AnyName = "localhost";

    /// <summary>Connections that may wait in the kernel, as while the portal is started anew.</summary>
    private const int Waiting = 4096;

    /// <summary>Has a web application listen.</summary>
    /// <exception cref="StartException">The certificate or its key cannot be used.</exception>
    public static void Add(WebApplicationBuilder builder, Settings settings, ServiceContext service)
    {
        builder.WebHost.UseSockets(sockets =>
        {
            // What is called for is short or waits without a thread, so it may run where its bytes came in.
            sockets.UnsafePreferInlineScheduling = true;
            sockets.Backlog = Waiting;
            sockets.CreateBoundListenSocket = service.Sockets.Open;
        });
        if (service.Sockets.OutliveProcess)
        {
            builder.Services.AddSingleton<DrainingTransport>();
            builder.Services.AddSingleton<IConnectionListenerFactory>(services =>
                services.GetRequiredService<DrainingTransport>()
            );
            builder.Services.AddHostedService(services => services.GetRequiredService<DrainingTransport>());
        }

        var certificate = CertificateOrNull(builder, settings);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            foreach (var address in settings.Listen)
                Listen(kestrel, address, address.Scheme == Uri.UriSchemeHttps ? certificate : null);
        });
    }

    private static TlsCertificate? CertificateOrNull(WebApplicationBuilder builder, Settings settings)
    {
        if (settings.Listen.All(address => address.Scheme != Uri.UriSchemeHttps))
            return null;
        var certificate = TlsCertificate.Open(settings.TlsCert!, settings.TlsKey!);
        builder.Services.AddSingleton<IFindingSource>(certificate);
        return certificate;
    }

    private static void Listen(KestrelServerOptions kestrel, Uri address, TlsCertificate? certificate)
    {
        if (address.Host == AnyName)
            kestrel.ListenLocalhost(address.Port, Configure);
        else
            kestrel.Listen(IPAddress.Parse(address.IdnHost), address.Port, Configure);

        void Configure(ListenOptions listen)
        {
            if (certificate is null)
                return;
            // One form of HTTP under TLS and without it: what is refused in one must not pass in another.
            listen.Protocols = HttpProtocols.Http1;
            var logger = kestrel.ApplicationServices.GetRequiredService<ILogger<TlsCertificate>>();
            listen.UseHttps(
                new TlsHandshakeCallbackOptions
                {
                    OnConnection = _ => ValueTask.FromResult(certificate.Current(logger)),
                }
            );
        }
    }
}
