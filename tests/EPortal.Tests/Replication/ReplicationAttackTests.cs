using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EPortal.Replication;
using EPortal.Replication.Channel;
using EPortal.Replication.Wire;
using EPortal.Tests.Agents;
using Shouldly;
using Xunit;

namespace EPortal.Tests.Replication;

/// <summary>What strangers, and those on the way between two nodes, try with the calls of replication.</summary>
public sealed class ReplicationAttackTests
{
    private const string Caller = "abcdef012345";
    private const int MaxHello = 4096;

    /// <summary>What a limit of these calls says, and what that of all calls says.</summary>
    private static readonly HttpStatusCode[] s_tooLarge =
    [
        HttpStatusCode.BadRequest,
        HttpStatusCode.RequestEntityTooLarge,
    ];

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static PeerRequest Question => new() { Find = new FindRequest("ABCDEFGHIJKLMNOP") };

    [Fact]
    public async Task Who_does_not_have_the_key_gets_no_session()
    {
        await using var node = await ReplicaNode.StartAsync();
        var key = new SharedKey(ReplicaNode.SharedKey);
        var nonce = RandomNumberGenerator.GetBytes(SharedKey.NonceSize);
        var proof = key.ProofOfCaller(Caller, nonce);

        // What one of these gets right is the rest; the counters of wrong ones are another matter (SecretGuardTests).
        (await HelloAsync(node, new Hello(Caller, nonce, key.Id, RandomNumberGenerator.GetBytes(32)))).ShouldBe(
            HttpStatusCode.Unauthorized
        );
        (await HelloAsync(node, new Hello("another", nonce, key.Id, proof))).ShouldBe(HttpStatusCode.Unauthorized);
        (await HelloAsync(node, new Hello(Caller, [.. nonce.Reverse()], key.Id, proof))).ShouldBe(
            HttpStatusCode.Unauthorized
        );
        (await HelloAsync(node, new Hello(Caller, nonce, new string('0', 16), proof))).ShouldBe(
            HttpStatusCode.Unauthorized
        );
        (await HelloAsync(node, new Hello(Caller, nonce, key.Id, []))).ShouldBe(HttpStatusCode.Unauthorized);
        (await HelloAsync(node, new Hello(Caller, [], key.Id, key.ProofOfCaller(Caller, [])))).ShouldBe(
            HttpStatusCode.Unauthorized
        );
        foreach (var text in new[] { "", "null", "{}", "[]", """{"node":"x"}""", """{"nonce":1}""" })
            (await PostAsync(node, "hello", Encoding.UTF8.GetBytes(text))).ShouldBe(HttpStatusCode.BadRequest, text);
        (await PostAsync(node, "call/" + new string('0', 32), new byte[100])).ShouldBe(HttpStatusCode.Gone);

        (await HelloAsync(node, new Hello(Caller, nonce, key.Id, proof))).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task What_was_overheard_opens_nothing_when_it_is_sent_again()
    {
        await using var node = await ReplicaNode.StartAsync();
        using var line = new OpenLine();
        using var client = Client(node, line);
        await client.Call(Question, s_patience, Cancellation);
        await client.Call(Question, s_patience, Cancellation);
        var (hello, first, second) = (line.Requests[0], line.Requests[1], line.Requests[2]);
        hello.Path.ShouldBe("/replication/hello");
        Encoding.Latin1.GetString(hello.Body).ShouldNotContain(ReplicaNode.SharedKey);

        (await PostAsync(node, "hello", hello.Body)).ShouldBe(HttpStatusCode.Unauthorized);
        foreach (var call in new[] { first, second })
            (await PostAsync(node, call.Path["/replication/".Length..], call.Body)).ShouldBe(
                HttpStatusCode.Unauthorized
            );
        using var other = Client(node, line);
        await other.Call(Question, s_patience, Cancellation);
        line.Requests[^1].Path.ShouldNotBe(first.Path);
        (await PostAsync(node, line.Requests[^1].Path["/replication/".Length..], second.Body)).ShouldBe(
            HttpStatusCode.Unauthorized,
            "a call of another session"
        );

        // And none of it is a hindrance to those who were overheard.
        await client.Call(Question, s_patience, Cancellation);
        line.Requests.Count(request => request.Path == "/replication/hello").ShouldBe(2);
    }

    [Fact]
    public async Task A_changed_byte_is_noticed_wherever_it_is()
    {
        await using var node = await ReplicaNode.StartAsync();
        using var line = new OpenLine();
        using var client = Client(node, line);
        await client.Call(Question, s_patience, Cancellation);
        var (request, answer) = (line.Requests[^1].Body.Length, line.Answers[^1].Length);
        foreach (var at in Positions(request))
        {
            line.Change = body => Flip(body, at);
            await ShouldFailAsync(client, $"byte {at} of a request");
        }

        line.Change = null;
        foreach (var at in Positions(answer))
        {
            line.ChangeBack = body => Flip(body, at);
            (await ShouldFailAsync(client, $"byte {at} of an answer")).ShouldContain("is not to be used");
        }

        // The answer to an earlier question is no answer to this one.
        line.ChangeBack = null;
        await client.Call(Question, s_patience, Cancellation);
        var old = line.Answers[^1];
        line.ChangeBack = _ => old;
        (await ShouldFailAsync(client, "an answer to another request")).ShouldContain("is not to be used");
        line.ChangeBack = null;
        await client.Call(Question, s_patience, Cancellation);
    }

    [Fact]
    public async Task What_is_too_large_is_refused_without_being_read_to_its_end()
    {
        await using var node = await ReplicaNode.StartAsync();
        using var line = new OpenLine();
        using var client = Client(node, line);
        await client.Call(Question, s_patience, Cancellation);
        var session = line.Requests[^1].Path["/replication/".Length..];

        foreach (var (path, most) in new[] { ("hello", MaxHello), (session, 1024 * 1024) })
        {
            (await PostAsync(node, path, new byte[most])).ShouldNotBe(HttpStatusCode.OK);
            (await PostAsync(node, path, new byte[most + 1])).ShouldBeOneOf(s_tooLarge);
            using var endless = new EndlessContent();
            try
            {
                (await PostAsync(node, path, endless)).ShouldBeOneOf(s_tooLarge);
            }
            catch (HttpRequestException e) when (e.InnerException is IOException)
            {
                // The node hung up before all of it was sent.
            }

            endless.Sent.ShouldBeLessThan(most + (32L << 20), path);
        }

        await client.Call(Question, s_patience, Cancellation);
        (await PostAsync(node, "hello", Padded(MaxHello))).ShouldBe(HttpStatusCode.OK);
        (await PostAsync(node, "hello", Padded(MaxHello + 1))).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Without_a_key_there_are_no_such_paths()
    {
        await using var node = await ReplicaNode.StartAsync(change: settings =>
            settings with
            {
                ReplicationSharedKey = null,
            }
        );
        (await PostAsync(node, "hello", new byte[10])).ShouldBe(HttpStatusCode.NotFound);
        // Paths of three parts are those of patches, whatever the parts are.
        var anything = await PostAsync(node, "x/" + new string('0', 32), new byte[10]);
        anything.ShouldBeOneOf(HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed);
        (await PostAsync(node, "call/" + new string('0', 32), new byte[10])).ShouldBe(anything);
    }

    [Theory]
    [InlineData("{}", "application/json")]
    [InlineData("null", "application/json")]
    [InlineData("""{"node":"x","session":"y","nonce":"","proof":""}""", "application/json")]
    [InlineData("""{"node":"x","session":"y","nonce":"AAAA","proof":null}""", "application/json")]
    [InlineData("<html>Please log in</html>", "text/html")]
    [InlineData("{}", "application/json; charset=none-such")]
    [InlineData("\"\\ud800\"", "application/json; charset=utf-16")]
    public async Task Whatever_answers_at_an_address_is_an_error_that_is_told(string body, string type)
    {
        using var handler = new OneAnswer(body, type);
        using var client = new PeerClient(Options(), () => Caller, "http://127.0.0.1:1", handler);
        var error = await Should.ThrowAsync<PeerException>(() => client.Call(Question, s_patience, Cancellation));
        error.Message.ShouldStartWith("http://127.0.0.1:1 ");
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://127.0.0.1/")]
    [InlineData("127.0.0.1:80")]
    [InlineData("http://127.0.0.1:9/admin/delete?name=")]
    [InlineData("http://127.0.0.1:9/admin?")]
    [InlineData("http://127.0.0.1:9/admin#")]
    [InlineData("http://someone:secret@127.0.0.1:9/")]
    public async Task An_address_below_which_replication_cannot_be_is_not_called_back(string url)
    {
        await using var node = await ReplicaNode.StartAsync();
        using var line = new OpenLine();
        using var client = Client(node, line);
        var pull = new PullRequest { Url = url, Vector = node.Vector() };

        var (_, answer) = await client.Call(new PeerRequest { Pull = pull }, s_patience, Cancellation);

        answer.Pull.ShouldNotBeNull();
        node.Portal.Database.Read(PeerStore.List).ShouldBeEmpty();
        node.Transport.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task Made_up_ids_keep_no_more_calls_to_other_nodes_open_than_are_allowed()
    {
        const int Ids = 200;
        using var silent = new SilentServer();
        await using var node = await ReplicaNode.StartAsync(silent.Url);
        var clock = Stopwatch.StartNew();

        var answers = await Task.WhenAll(
            Enumerable
                .Range(0, Ids)
                .Select(async n =>
                {
                    using var answer = await node.CheckInAsync(TestPortal.Facts($"MADEUPID{n:00000000}"));
                    return answer.StatusCode;
                })
        );

        answers.ShouldAllBe(status => status == HttpStatusCode.Unauthorized);
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));
        silent.Most.ShouldBeInRange(1, 9, "eight that look for hosts, and the link");
    }

    private static ReplicationOptions Options(string key = ReplicaNode.SharedKey) =>
        new(null, null, [new SharedKey(key)], CheckCert: true, IsStandby: false, IsCache: false, MergeLock: "");

    private static PeerClient Client(ReplicaNode node, OpenLine line) => new(Options(), () => Caller, node.Url, line);

    private static IEnumerable<int> Positions(int length) =>
        [0, 7, 8, 9, length / 2, length - 17, length - 16, length - 1];

    private static byte[] Flip(byte[] body, int at)
    {
        byte[] changed = [.. body];
        changed[at] ^= 0x20;
        return changed;
    }

    /// <summary>First words that are right, with spaces behind them.</summary>
    private static byte[] Padded(int length)
    {
        var (key, nonce) = (new SharedKey(ReplicaNode.SharedKey), RandomNumberGenerator.GetBytes(SharedKey.NonceSize));
        var hello = new Hello(Caller, nonce, key.Id, key.ProofOfCaller(Caller, nonce));
        var text = JsonSerializer.Serialize(hello, MessagesJson.Default.Hello);
        return Encoding.UTF8.GetBytes(text.PadRight(length));
    }

    private static async Task<string> ShouldFailAsync(PeerClient client, string what) =>
        (await Should.ThrowAsync<PeerException>(() => client.Call(Question, s_patience, Cancellation), what)).Message;

    private static Task<HttpStatusCode> HelloAsync(ReplicaNode node, Hello hello) =>
        PostAsync(node, "hello", JsonContent.Create(hello, MessagesJson.Default.Hello));

    private static Task<HttpStatusCode> PostAsync(ReplicaNode node, string path, byte[] body) =>
        PostAsync(node, path, new ByteArrayContent(body));

    private static async Task<HttpStatusCode> PostAsync(ReplicaNode node, string path, HttpContent content)
    {
        using (content)
        {
            using var answer = await node.Http.PostAsync($"/replication/{path}", content, Cancellation);
            return answer.StatusCode;
        }
    }

    /// <summary>A way between two nodes on which somebody listens, and changes what he likes.</summary>
    private sealed class OpenLine() : DelegatingHandler(PeerClient.Handler(checkCert: true))
    {
        public List<(string Path, byte[] Body)> Requests { get; } = [];

        public List<byte[]> Answers { get; } = [];

        public Func<byte[], byte[]>? Change { get; set; }

        public Func<byte[], byte[]>? ChangeBack { get; set; }

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            var body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
            var path = request.RequestUri!.AbsolutePath;
            Requests.Add((path, body));
            var isCall = path.Contains("/call/", StringComparison.Ordinal);
            if (isCall && Change is { } change)
                request.Content = new ByteArrayContent(change(body));
            var answer = await base.SendAsync(request, cancellationToken);
            var back = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
            Answers.Add(back);
            if (isCall && ChangeBack is { } changeBack)
                answer.Content = new ByteArrayContent(changeBack(back));
            return answer;
        }
    }

    private sealed class OneAnswer(string body, string type) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = content });
        }
    }

    /// <summary>A body without an end.</summary>
    private sealed class EndlessContent : HttpContent
    {
        private const long Most = 1L << 30;

        public long Sent { get; private set; }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var some = new byte[64 * 1024];
            for (; Sent < Most; Sent += some.Length)
                await stream.WriteAsync(some, Cancellation);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    /// <summary>Takes connections and never says a word; counts those that are open at once.</summary>
    private sealed class SilentServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Lock _gate = new();
        private int _open;

        public SilentServer()
        {
            _listener.Start();
            _ = Task.Run(AcceptAsync, Cancellation);
        }

        public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

        public int Most { get; private set; }

        public void Dispose() => _listener.Dispose();

        private async Task AcceptAsync()
        {
            while (true)
            {
                Socket connection;
                try
                {
                    connection = await _listener.AcceptSocketAsync(Cancellation);
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
                {
                    return; // The end of the test.
                }

                lock (_gate)
                    Most = Math.Max(Most, ++_open);
                _ = Task.Run(() => ReadToEndAsync(connection), Cancellation);
            }
        }

        private async Task ReadToEndAsync(Socket connection)
        {
            using (connection)
            {
                var buffer = new byte[4096];
                try
                {
                    while (await connection.ReceiveAsync(buffer, Cancellation) > 0) { }
                }
                catch (SocketException)
                {
                    // It hung up.
                }
            }

            lock (_gate)
                _open--;
        }
    }
}
