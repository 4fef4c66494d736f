using System.Collections.Concurrent;
using EPortal.AgentClient;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace EPortal.Tests.AgentClient;

/// <summary>A real web server on a free local port, answering with what a test hands it.</summary>
internal sealed class StubServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StubServer(WebApplication app) => _app = app;

    public ConcurrentQueue<string> Requests { get; } = [];

    public Uri Address => new(_app.Urls.Single());

    public static async Task<StubServer> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var server = new StubServer(app);
        app.Run(context =>
        {
            server.Requests.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
            return answer(context);
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public PortalClient Client(
        TimeSpan? timeout = null,
        Func<TimeSpan, CancellationToken, Task>? pause = null,
        TimeProvider? time = null
    ) =>
        new(
            Http,
            new PortalOptions
            {
                PatchServer = Address,
                RegistrationUrl = new Uri(Address, "/admin/api/kcare"),
                ServerId = "ABCDEFGHIJKLMNOP",
                Timeout = timeout ?? TimeSpan.FromSeconds(20),
                Pause = pause ?? ((_, _) => Task.CompletedTask),
                Time = time ?? TimeProvider.System,
            }
        );

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    // Shared: it holds no state of a test, every test has its own port.
    private static readonly HttpClient Http = PortalClient.CreateHttpClient(new("tests", "1"));
}
