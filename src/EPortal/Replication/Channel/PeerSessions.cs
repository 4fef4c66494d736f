using System.Security.Cryptography;
using EPortal.Api.Guards;
using EPortal.Replication.Wire;

namespace EPortal.Replication.Channel;

/// <summary>A session that another node has with this one.</summary>
internal sealed class PeerSession(string node, SealedBox requests, SealedBox answers) : IDisposable
{
    private readonly Lock _gate = new();
    private long _last;

    /// <summary>Origin of the caller.</summary>
    public string Node { get; } = node;

    /// <summary>When it was last used, by the monotonic clock.</summary>
    public long Used { get; set; }

    /// <summary>Opens a request, each only once and in order.</summary>
    /// <exception cref="SealException">It is damaged, foreign or came before.</exception>
    public (long Number, PeerRequest Request) Open(byte[] box)
    {
        var opened = requests.Open(box, MessagesJson.Default.PeerRequest);
        lock (_gate)
        {
            if (opened.Number <= _last)
                throw new SealException("the message was sent before");
            _last = opened.Number;
        }

        return opened;
    }

    /// <summary>Seals the answer to a request.</summary>
    public byte[] Seal(long number, PeerAnswer answer) => answers.Seal(number, answer, MessagesJson.Default.PeerAnswer);

    /// <inheritdoc/>
    public void Dispose()
    {
        requests.Dispose();
        answers.Dispose();
    }
}

/// <summary>
/// The sessions of other nodes with this one. Who has no shared key gets none; of those who have, each gets so many. A
/// caller's first words are taken once: sent again by somebody who overheard them, they open nothing.
/// </summary>
/// <param name="options">The keys.</param>
/// <param name="time">The clock.</param>
internal sealed class PeerSessions(ReplicationOptions options, TimeProvider time)
{
    private const int Most = 256;
    private const int MostNonces = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, PeerSession> _sessions = new(StringComparer.Ordinal);
    private readonly HashSet<string> _nonces = new(StringComparer.Ordinal);
    private readonly Queue<string> _nonceOrder = new();

    /// <summary>Whether a caller's first words prove that it has a key; one that is unknown here has none.</summary>
    public bool IsProof(SecretAttempt attempt, Hello hello)
    {
        attempt.Demand();
        return KeyOf(hello) is { } key
            && hello.Nonce.Length == SharedKey.NonceSize
            && CryptographicOperations.FixedTimeEquals(key.ProofOfCaller(hello.Node, hello.Nonce), hello.Proof);
    }

    /// <summary>Begins a session; null where these words came before.</summary>
    /// <param name="own">Origin of this node.</param>
    /// <param name="hello">Words that were found to be right.</param>
    public Welcome? Begin(string own, Hello hello)
    {
        var key = KeyOf(hello)!;
        var nonce = RandomNumberGenerator.GetBytes(SharedKey.NonceSize);
        var name = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var (requests, answers) = key.ForSession(hello.Node, hello.Nonce, own, nonce, name);
        lock (_gate)
        {
            if (!_nonces.Add(Convert.ToHexString(hello.Nonce)))
                return null;
            _nonceOrder.Enqueue(Convert.ToHexString(hello.Nonce));
            if (_nonceOrder.Count > MostNonces)
                _nonces.Remove(_nonceOrder.Dequeue());
            if (_sessions.Count >= Most)
                _sessions.Remove(_sessions.MinBy(session => session.Value.Used).Key);
            _sessions.Add(
                name,
                new PeerSession(hello.Node, new SealedBox(requests, name), new SealedBox(answers, name))
                {
                    Used = time.GetTimestamp(),
                }
            );
        }

        return new Welcome(own, nonce, name, key.ProofOfCalled(hello.Node, hello.Nonce, own, nonce, name));
    }

    /// <summary>The session of a name; null for an unknown one, whose caller has to begin a new one.</summary>
    public PeerSession? FindOrNull(string name)
    {
        lock (_gate)
        {
            if (!_sessions.TryGetValue(name, out var session))
                return null;
            session.Used = time.GetTimestamp();
            return session;
        }
    }

    private SharedKey? KeyOf(Hello hello) => options.Keys.FirstOrDefault(key => key.Id == hello.Key);
}
