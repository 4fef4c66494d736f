using EPortal.Accounts;
using EPortal.Accounts.Sessions;
using EPortal.Accounts.Sso;
using EPortal.Agents;
using EPortal.Api;
using EPortal.Hosting.Proxies;
using EPortal.Hosting.Service;
using EPortal.Operations;
using Microsoft.AspNetCore.HttpOverrides;

namespace EPortal.Hosting;

/// <summary>The web application of a portal: what it listens on, whom it believes, and all its calls.</summary>
internal static class WebPortal
{
    private const int MaxConnections = 20_000;

    /// <summary>
    /// How long requests that are being answered, and workers, have to end; then connections are cut.
    /// </summary>
    private static readonly TimeSpan s_toEnd = TimeSpan.FromSeconds(4);

    /// <summary>Puts it together; the caller starts it.</summary>
    /// <param name="portal">The portal.</param>
    /// <param name="service">How it runs as a service; null where it does not.</param>
    public static WebApplication Build(Portal portal, ServiceContext? service = null)
    {
        // Lines end with CR LF; leniency there lets one request hide another (RFC 9112, 2.2 permits it, nobody needs
        // it).
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        var builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { Args = [], ContentRootPath = AppContext.BaseDirectory }
        );
        var settings = portal.Settings;
        service ??= ServiceContext.None;
        service.Log.AddTo(builder.Logging);
        // That it cannot start is told by whoever starts it.
        builder
            .Logging.SetMinimumLevel(LogLevel.Information)
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical)
            // As long as it may say anything, every request gets an activity that nobody looks at.
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)
            // The framework's own lines on each request without a login; what matters is said by PasswordLogin.
            .AddFilter(typeof(AccountAuthentication).FullName, LogLevel.Warning)
            .AddFilter(typeof(SessionAuthentication).FullName, LogLevel.Warning)
            .AddFilter(typeof(SsoHandler).FullName, LogLevel.Warning);
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.Services.Configure<HostOptions>(host =>
            (host.ShutdownTimeout, host.ServicesStopConcurrently) = (s_toEnd, true)
        );
        WebListening.Add(builder, settings, service);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Limits.MaxRequestBodySize = 1024 * 1024;
        });
        var hosts = AllowedHosts.Of(settings);
        builder.Services.Configure<ForwardedHeadersOptions>(forwarded => Believe(forwarded, settings));
        portal.AddTo(builder.Services);
        Features.AddWeb(builder.Services, settings);

        var app = builder.Build();
        app.Services.GetService<DrainingTransport>()?.UseIn(app);
        app.UseMiddleware<HostNameCheck>();
        app.UseForwardedHeaders();
        app.UseMiddleware<AgentFastPath>(hosts);
        app.UseMiddleware<ProxyWatch>();
        app.UseMetrics();
        app.UseMiddleware<HostFilter>(hosts);
        app.UseMiddleware<ErrorAnswers>();
        app.UseMiddleware<RequestForm>();
        app.UseMiddleware<PageHeaders>();
        app.UseMiddleware<HostGuard>();
        app.UseMiddleware<CrossOriginGuard>();
        app.UseSso();
        app.UseRouting();
        app.UseAuthentication(); // Said here, for else it would come before everything.
        app.UseAuthorization();
        app.UseMiddleware<BodyCheck>();
        Features.Map(app.MapWithHead(), settings);
        return app;
    }

    /// <summary>
    /// Signals are the business of the command that serves; taken twice, a second one would not end it.
    /// </summary>
    private sealed class NoSignals : IHostLifetime
    {
        /// <inheritdoc/>
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        /// <inheritdoc/>
        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>Only named proxies may say where a request came from and under which name.</summary>
    private static void Believe(ForwardedHeadersOptions forwarded, Settings settings)
    {
        // With an empty list the framework believes everybody, so then it is to read none of these headers.
        forwarded.ForwardedHeaders =
            settings.TrustedProxies.Count == 0
                ? ForwardedHeaders.None
                : ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
        // From proxy to proxy as long as each is a named one: a balancer and a web server stand one behind the other.
        forwarded.ForwardLimit = null;
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var proxy in settings.TrustedProxies)
            forwarded.KnownIPNetworks.Add(proxy.Network);
    }
}
