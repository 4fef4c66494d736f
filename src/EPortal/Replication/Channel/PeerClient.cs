using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using EPortal.Replication.Wire;

namespace EPortal.Replication.Channel;

/// <summary>
/// Calls one other node. Both prove that they have the shared key before anything else is said; then messages are
/// sealed, numbered and sent one after the other. A session that the other does not know any more is begun anew.
/// </summary>
internal sealed class PeerClient : IDisposable
{
    /// <summary>Path below which nodes call each other.</summary>
    public const string Path = "/replication";

    private const int MaxAnswer = 64 * 1024 * 1024;
    private static readonly TimeSpan s_connect = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _one = new(1);
    private readonly SharedKey _key;
    private readonly Func<string> _origin;
    private readonly string _url;
    private readonly HttpClient _http;
    private Session? _session;

    /// <summary>For the node at an address.</summary>
    /// <param name="options">The key to call with.</param>
    /// <param name="origin">Origin of this node, which may change.</param>
    /// <param name="url">Address of the other.</param>
    /// <param name="handler">Connects; null for the usual way. For tests.</param>
    public PeerClient(ReplicationOptions options, Func<string> origin, string url, HttpMessageHandler? handler = null)
    {
        (_key, _origin, _url) = (options.Keys[0], origin, url);
        _http = new HttpClient(handler ?? Handler(options.CheckCert), disposeHandler: handler is null)
        {
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = MaxAnswer,
        };
    }

    /// <summary>Asks, and gives the answer with the origin of the node that gave it.</summary>
    /// <param name="request">What to ask.</param>
    /// <param name="patience">How long it may take in all.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="PeerException">It cannot be reached, has another key, or refused.</exception>
    public async Task<(string Node, PeerAnswer Answer)> Call(
        PeerRequest request,
        TimeSpan patience,
        CancellationToken cancel
    )
    {
        await _one.WaitAsync(cancel);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(patience);
            return await CallWithin(request, limit.Token);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            Forget();
            throw new PeerException($"{_url} did not answer in time", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            Forget();
            throw new PeerException($"cannot reach {_url}: {Line((e.InnerException ?? e).Message)}", e);
        }
        catch (SealException e)
        {
            Forget();
            throw new PeerException($"the answer of {_url} is not to be used: {e.Message}", e);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        _http.Dispose();
        _one.Dispose();
    }

    private async Task<(string, PeerAnswer)> CallWithin(PeerRequest request, CancellationToken cancel)
    {
        for (var attempt = 0; ; attempt++)
        {
            var isNew = _session is null || _session.Caller != _origin();
            var session = isNew ? await Begin(cancel) : _session!;
            var number = ++session.Number;
            using var content = new ByteArrayContent(
                session.Requests.Seal(number, request, MessagesJson.Default.PeerRequest)
            );
            content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            using var answer = await _http.PostAsync(new Uri($"{_url}{Path}/call/{session.Name}"), content, cancel);
            if (answer.StatusCode == HttpStatusCode.Gone && !isNew && attempt == 0)
            {
                Forget();
                continue;
            }

            if (!answer.IsSuccessStatusCode)
                throw Refused(answer.StatusCode);
            var (numbered, opened) = session.Answers.Open(
                await answer.Content.ReadAsByteArrayAsync(cancel),
                MessagesJson.Default.PeerAnswer
            );
            if (numbered != number)
                throw new SealException("it answers another request");
            return opened.Error is { } error
                ? throw new PeerException($"{_url} refused: {Line(error)}")
                : (session.Node, opened);
        }
    }

    private async Task<Session> Begin(CancellationToken cancel)
    {
        Forget();
        var (caller, nonce) = (_origin(), RandomNumberGenerator.GetBytes(SharedKey.NonceSize));
        var hello = new Hello(caller, nonce, _key.Id, _key.ProofOfCaller(caller, nonce));
        using var answer = await _http.PostAsJsonAsync(
            new Uri($"{_url}{Path}/hello"),
            hello,
            MessagesJson.Default.Hello,
            cancel
        );
        if (!answer.IsSuccessStatusCode)
            throw Refused(answer.StatusCode);
        var welcome = await ReadWelcome(answer, cancel);
        var proof = _key.ProofOfCalled(caller, nonce, welcome.Node, welcome.Nonce, welcome.Session);
        if (
            welcome.Nonce.Length != SharedKey.NonceSize
            || !CryptographicOperations.FixedTimeEquals(proof, welcome.Proof)
        )
            throw new PeerException($"{_url} does not have the shared key (REPLICATION_SHARED_KEY)");
        if (welcome.Node == caller)
            throw new PeerException($"{_url} is this node itself, or a copy of it: check LEADER_URL and NODE_URL");
        var (requests, answers) = _key.ForSession(caller, nonce, welcome.Node, welcome.Nonce, welcome.Session);
        return _session = new Session(
            caller,
            welcome.Node,
            welcome.Session,
            new SealedBox(requests, welcome.Session),
            new SealedBox(answers, welcome.Session)
        );
    }

    private async Task<Welcome> ReadWelcome(HttpResponseMessage answer, CancellationToken cancel)
    {
        try
        {
            return
                await answer.Content.ReadFromJsonAsync(MessagesJson.Default.Welcome, cancel)
                    is { Node: not null, Nonce: not null, Session: not null, Proof: not null } welcome
                ? welcome
                : throw new PeerException($"{_url} is no ePortal of this version");
        }
        // Whatever answers at that address may say anything, also of its character set.
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            throw new PeerException($"{_url} is no ePortal of this version", e);
        }
    }

    private PeerException Refused(HttpStatusCode status) =>
        status switch
        {
            HttpStatusCode.Unauthorized => new PeerException(
                $"{_url} has another REPLICATION_SHARED_KEY, or refuses calls after too many wrong ones"
            ),
            HttpStatusCode.NotFound => new PeerException(
                $"{_url} takes no part in replication: set REPLICATION_SHARED_KEY there"
            ),
            _ => new PeerException($"{_url} answered {(int)status}"),
        };

    private void Forget()
    {
        _session?.Dispose();
        _session = null;
    }

    /// <summary>What connects to other nodes.</summary>
    public static SocketsHttpHandler Handler(bool checkCert)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = s_connect,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
#pragma warning disable CA5359 // REPLICATION_CHECK_CERT = False asks for it; messages are sealed with the shared key all the same.
        if (!checkCert)
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        return handler;
    }

    /// <summary>Such messages repeat what the other sent; on one line they forge no other in a log.</summary>
    private static string Line(string message) =>
        string.Concat(message.Select(c => char.IsControl(c) ? ' ' : c)).TrimEnd('.');

    private sealed class Session(string caller, string node, string name, SealedBox requests, SealedBox answers)
        : IDisposable
    {
        public string Caller { get; } = caller;

        public string Node { get; } = node;

        public string Name { get; } = name;

        public SealedBox Requests { get; } = requests;

        public SealedBox Answers { get; } = answers;

        public long Number { get; set; }

        public void Dispose()
        {
            Requests.Dispose();
            Answers.Dispose();
        }
    }
}
