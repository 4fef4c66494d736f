namespace Bench;

/// <summary>
/// The floor of everything over HTTP: the same web server, which reads the body and answers a constant.
/// </summary>
internal static class BareServer
{
    private static readonly byte[] Answer =
        """{"supported":true,"level":1,"patchset":"K1","product":"kernel","files":[]}"""u8.ToArray();

    public static async Task<int> RunAsync(string port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        await using var app = builder.Build();
        app.Run(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = Answer.Length;
            await context.Response.Body.WriteAsync(Answer);
        });
        await app.RunAsync();
        return 0;
    }
}
