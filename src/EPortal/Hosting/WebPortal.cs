using EPortal.Agents;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Logging.Console;

namespace EPortal.Hosting;

/// <summary>The web application of a portal: what it listens on, whom it believes, and all its calls.</summary>
internal static class WebPortal
{
    private const int MaxConnections = 20_000;

    /// <summary>Puts it together; the caller starts it.</summary>
    public static WebApplication Build(Portal portal)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [], ContentRootPath = AppContext.BaseDirectory });
        var settings = portal.Settings;
        builder.Logging.ClearProviders().AddSimpleConsole(console => console.SingleLine = true);
        // That it cannot start is told by whoever starts it.
        builder.Logging.SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.WebHost.UseUrls([.. settings.Listen.Select(address => address.ToString())]);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Limits.MaxRequestBodySize = 1024 * 1024;
        });
        builder.Services.Configure<HostFilteringOptions>(hosts => hosts.AllowedHosts = [.. settings.AllowedHosts]);
        builder.Services.AddHostFiltering(_ => { });
        builder.Services.Configure<ForwardedHeadersOptions>(forwarded => Believe(forwarded, settings));
        AddFeatures(builder.Services, portal);

        var app = builder.Build();
        app.UseForwardedHeaders();
        app.UseHostFiltering();
        app.UseMiddleware<ErrorAnswers>();
        app.UseRouting();
        app.MapGet("/healthz", () => Results.Text("ok\n"));
        app.MapAgents();
        return app;
    }

    private static void AddFeatures(IServiceCollection services, Portal portal)
    {
        var settings = portal.Settings;
        services.AddAgents();
        services.AddSingleton(portal);
        services.AddSingleton(portal.Patchsets);
        services.AddSingleton(portal.Servers);
        services.AddSingleton(portal.Registration);
        services.AddSingleton(portal.Agents);
        services.AddSingleton(portal.Signer);
        services.AddSingleton(new AgentPackage(AppContext.BaseDirectory));
        services.AddSingleton(new RegistrationGate(
            settings.RegisterRateLimit,
            [.. settings.RegisterAllowedNetworks?.Select(network => network.Network) ?? []]));
    }

    /// <summary>Only named proxies may say where a request came from and under which name.</summary>
    private static void Believe(ForwardedHeadersOptions forwarded, Settings settings)
    {
        // With an empty list the framework believes everybody, so then it is to read none of these headers.
        forwarded.ForwardedHeaders = settings.TrustedProxies.Count == 0
            ? ForwardedHeaders.None
            : ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var proxy in settings.TrustedProxies)
            forwarded.KnownIPNetworks.Add(proxy.Network);
    }
}
