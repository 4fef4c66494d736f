using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace EPortal.Tests.Agents;

/// <summary>An answer as it came over the socket.</summary>
internal sealed record RawAnswer(int Status, string Head, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>Requests byte for byte, because a client library would put them right.</summary>
internal static class RawHttp
{
    /// <summary>Asks for a target as written; the connection ends with the answer.</summary>
    public static Task<RawAnswer> GetAsync(Uri portal, string target, params string[] headers) =>
        SendAsync(
            portal,
            Encoding.Latin1.GetBytes(
                string.Concat(
                    (string[])
                        [
                            $"GET {target} HTTP/1.1\r\n",
                            $"Host: {portal.Authority}\r\n",
                            "Connection: close\r\n",
                            .. headers.Select(header => $"{header}\r\n"),
                            "\r\n",
                        ]
                )
            )
        );

    /// <summary>Sends bytes and reads until the other side ends.</summary>
    public static async Task<RawAnswer> SendAsync(Uri portal, byte[] request)
    {
        var cancel = TestContext.Current.CancellationToken;
        using var client = new TcpClient();
        await client.ConnectAsync(portal.Host, portal.Port, cancel);
        await using var stream = client.GetStream();
        using var answer = new MemoryStream();
        try
        {
            await stream.WriteAsync(request, cancel);
            await stream.CopyToAsync(answer, cancel);
        }
        catch (IOException) when (answer.Length > 0)
        {
            // A server that refuses a request before its end may reset the connection after the answer.
        }

        return Parse(answer.ToArray());
    }

    private static RawAnswer Parse(byte[] bytes)
    {
        var end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
        var head = Encoding.Latin1.GetString(bytes, 0, end);
        return new RawAnswer(int.Parse(head.Split(' ')[1], CultureInfo.InvariantCulture), head, bytes[(end + 4)..]);
    }
}
