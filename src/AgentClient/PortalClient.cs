using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EPortal.AgentClient.Wire;
using EPortal.Format;

namespace EPortal.AgentClient;

/// <summary>
/// The calls that an agent makes. Each throws <see cref="PortalException"/>; transient failures are tried
/// again first. Answers are bounded in size, redirects are not followed.
/// </summary>
public sealed class PortalClient
{
    private readonly PortalOptions _options;
    private readonly PortalTransport _transport;

    /// <summary>Uses a client made by <see cref="CreateHttpClient"/>, which many may share.</summary>
    public PortalClient(HttpClient http, PortalOptions options)
    {
        _options = options with
        {
            PatchServer = AsFolder(options.PatchServer),
            RegistrationUrl = AsFolder(options.RegistrationUrl),
        };
        _transport = new PortalTransport(http, _options);
    }

    /// <summary>
    /// A client that follows no redirect, keeps no cookie, takes no compressed answer, uses the proxy that the
    /// environment names (<c>http_proxy</c>, <c>https_proxy</c>, <c>no_proxy</c>) and the system's certificates.
    /// </summary>
    /// <param name="product">Name and version for the <c>User-Agent</c> header.</param>
    public static HttpClient CreateHttpClient(ProductInfoHeaderValue product)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            Proxy = EnvironmentProxy.OfProcess(),
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            MaxResponseHeadersLength = 32,
            // An unread rest is not drained: a new connection is cheaper.
            MaxResponseDrainSize = 0,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        // Each call has its own limits.
        var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.Add(product);
        return client;
    }

    /// <summary>Registers a host; never tried again where it may have succeeded.</summary>
    /// <returns>The server's id.</returns>
    public async Task<string> RegisterAsync(string hostname, string key, CancellationToken cancel)
    {
        var answer = await PlainAsync(
            "register_server.plain",
            [new("hostname", hostname), new("key", key)],
            repeatable: false,
            cancel
        );
        if (answer.Code != 0)
            throw answer.RegistrationError();
        return answer.ServerId is { Length: > 0 and <= 64 } id && id.All(char.IsAsciiLetterOrDigit)
            ? id
            : throw new PortalException(PortalError.BadAnswer, "the portal registered this host but sent no valid id");
    }

    /// <summary>Ends a registration.</summary>
    public async Task UnregisterAsync(string serverId, CancellationToken cancel) =>
        (
            await PlainAsync("unregister_server.plain", [new("server_id", serverId)], repeatable: true, cancel)
        ).ThrowUnlessDone("to unregister");

    /// <summary>Succeeds where the portal knows the server.</summary>
    public async Task CheckAsync(string serverId, CancellationToken cancel) =>
        (await PlainAsync("check.plain", [new("server_id", serverId)], repeatable: true, cancel)).ThrowUnlessDone(
            "this server"
        );

    /// <summary>Replaces the server's tags; separated by <c>;</c>, empty for none.</summary>
    public async Task TagAsync(string serverId, string tags, CancellationToken cancel) =>
        (
            await PlainAsync(
                "tag_server.plain",
                [new("server_id", serverId), new("tag", tags)],
                repeatable: true,
                cancel
            )
        ).ThrowUnlessDone("the tags");

    /// <summary>Sends the facts of this host and returns what kernel patch to run.</summary>
    public Task<CheckInAnswer> CheckInAsync(CheckInRequest facts, CancellationToken cancel) =>
        JsonAsync("checkin", facts, AgentJson.Default.CheckInRequest, AgentJson.Default.CheckInAnswer, cancel);

    /// <summary>Asks for patches of user-space programs, for any product but the kernel.</summary>
    public Task<BuildIdsAnswer> CheckInAsync(Product product, BuildIdsRequest facts, CancellationToken cancel) =>
        JsonAsync(
            "checkin/" + product.Token(),
            facts,
            AgentJson.Default.BuildIdsRequest,
            AgentJson.Default.BuildIdsAnswer,
            cancel
        );

    /// <summary>The level offered for a target; null where there is none.</summary>
    /// <param name="targetId">Kernel id.</param>
    /// <param name="facts">Where given, the call counts as a check-in.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <param name="version">1 or 2: <c>latest.v1</c> or <c>latest.v2</c>.</param>
    public async Task<int?> LatestLevelAsync(
        string targetId,
        CheckInRequest? facts,
        CancellationToken cancel,
        int version = 2
    )
    {
        var query = facts is null ? "" : "?" + FactsQuery.Encode(facts);
        var address = new Uri(
            _options.PatchServer,
            string.Create(CultureInfo.InvariantCulture, $"{targetId}/latest.v{version}{query}")
        );
        try
        {
            var text = await _transport.CallAsync(
                () => new HttpRequestMessage(HttpMethod.Get, address),
                ReadText,
                repeatable: true,
                cancel
            );
            return
                int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var level) && level > 0
                ? level
                : throw new PortalException(PortalError.BadAnswer, "unexpected answer from the portal: not a level");
        }
        catch (PortalException e) when (e.Code == PortalError.NotFound)
        {
            return null;
        }
    }

    /// <summary>
    /// Fetches one file of a patch. What came before a connection broke is kept beside <paramref name="path"/>
    /// as <c>.part</c> and resumed (RFC 9110, 14.2), now or by a later call; the file appears under its name
    /// only when its size and hash are right. Never reads more than <paramref name="size"/> bytes and one.
    /// </summary>
    /// <param name="targetId">Kernel id or build-id.</param>
    /// <param name="level">Level.</param>
    /// <param name="name">File name without folder.</param>
    /// <param name="path">Where the file goes; its folder exists.</param>
    /// <param name="size">Announced size in bytes.</param>
    /// <param name="sha256">Announced hash, 64 lower-case hex digits.</param>
    /// <param name="cancel">Ends the call; the part stays.</param>
    /// <exception cref="IOException">The disk refused.</exception>
    public Task DownloadAsync(
        string targetId,
        int level,
        string name,
        string path,
        long size,
        string sha256,
        CancellationToken cancel
    )
    {
        var address = new Uri(
            _options.PatchServer,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Uri.EscapeDataString(targetId)}/{level}/{Uri.EscapeDataString(name)}?sha256={sha256}"
            )
        );
        return new FileDownload(_transport, _options, address, path, size, sha256).RunAsync(cancel);
    }

    private Task<PlainAnswer> PlainAsync(
        string call,
        KeyValuePair<string, string>[] fields,
        bool repeatable,
        CancellationToken cancel
    )
    {
        var address = new Uri(_options.RegistrationUrl, call);
        // In the body, so that no key ends up in an access log.
        return _transport.CallAsync(
            () => new HttpRequestMessage(HttpMethod.Post, address) { Content = new FormUrlEncodedContent(fields) },
            async (answer, limit) => PlainAnswer.Parse(await ReadText(answer, limit)),
            repeatable,
            cancel
        );
    }

    private Task<TAnswer> JsonAsync<TBody, TAnswer>(
        string call,
        TBody body,
        JsonTypeInfo<TBody> bodyType,
        JsonTypeInfo<TAnswer> answerType,
        CancellationToken cancel
    )
        where TAnswer : class
    {
        var address = new Uri(_options.RegistrationUrl, call);
        var bytes = JsonSerializer.SerializeToUtf8Bytes(body, bodyType);
        return _transport.CallAsync(
            () =>
                new HttpRequestMessage(HttpMethod.Post, address)
                {
                    Content = new ByteArrayContent(bytes) { Headers = { ContentType = new("application/json") } },
                },
            (answer, limit) => BoundedContent.ReadJsonAsync(answer, answerType, _options.MaxAnswerBytes, limit),
            repeatable: true,
            cancel
        );
    }

    private Task<string> ReadText(HttpResponseMessage answer, CancellationToken limit) =>
        BoundedContent.ReadTextAsync(answer, _options.MaxAnswerBytes, limit);

    private static Uri AsFolder(Uri uri) => uri.AbsoluteUri.EndsWith('/') ? uri : new Uri(uri.AbsoluteUri + "/");
}
