using System.Net;
using System.Net.Http.Headers;
using EPortal.Tests.Hosting;

namespace EPortal.EndToEnd.Journey;

/// <summary>Stands between an agent and its portal, and turns one bit of every file of one name that passes.</summary>
internal sealed class FlippingProxy : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly HttpClient _portal;
    private readonly string _file;
    private readonly Task _loop;

    public FlippingProxy(Uri portal, string file)
    {
        (_file, _portal) = (file, new HttpClient { BaseAddress = portal });
        Port = Ports.Free();
        _listener.Prefixes.Add($"http://+:{Port}/");
        _listener.Start();
        _loop = RunAsync();
    }

    public int Port { get; }

    /// <summary>How many files were altered.</summary>
    public int Flipped { get; private set; }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _loop;
        _portal.Dispose();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return; // Closed at the end of the test.
            }

            await PassAsync(context.Request, context.Response);
        }
    }

    private async Task PassAsync(HttpListenerRequest request, HttpListenerResponse response)
    {
        using var call = new HttpRequestMessage(new HttpMethod(request.HttpMethod), request.RawUrl);
        call.Headers.Host = request.UserHostName;
        if (request.HasEntityBody)
        {
            var content = new MemoryStream();
            await request.InputStream.CopyToAsync(content);
            call.Content = new ByteArrayContent(content.ToArray());
            call.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(request.ContentType!);
        }

        if (request.Headers["Authorization"] is { } authorization)
            call.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var answer = await _portal.SendAsync(call);
        var body = await answer.Content.ReadAsByteArrayAsync();
        if (answer.IsSuccessStatusCode && request.Url!.AbsolutePath.EndsWith("/" + _file, StringComparison.Ordinal))
        {
            body[body.Length / 2] ^= 1;
            Flipped++;
        }

        response.StatusCode = (int)answer.StatusCode;
        response.ContentType = answer.Content.Headers.ContentType?.ToString();
        response.ContentLength64 = body.Length;
        await response.OutputStream.WriteAsync(body);
        response.Close();
    }
}
