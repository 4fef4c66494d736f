using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace EPortal.Tests.Agents.Packages;

/// <summary>Somebody between host and portal who changes what passes.</summary>
internal sealed class AlteringServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private AlteringServer(WebApplication app) => _app = app;

    public string Url => _app.Urls.First();

    public static async Task<AlteringServer> StartAsync(HttpClient portal, Func<string, byte[], byte[]> alter)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(async context =>
        {
            var path = context.Request.Path.ToUriComponent();
            using var answer = await portal.GetAsync(path, context.RequestAborted);
            context.Response.StatusCode = (int)answer.StatusCode;
            var body = await answer.Content.ReadAsByteArrayAsync(context.RequestAborted);
            if (answer.StatusCode == HttpStatusCode.OK)
                body = alter(path, body);
            context.Response.ContentLength = body.Length;
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        });
        await app.StartAsync();
        return new AlteringServer(app);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
