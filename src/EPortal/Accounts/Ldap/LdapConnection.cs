using System.Buffers.Binary;
using System.Formats.Asn1;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace EPortal.Accounts.Ldap;

/// <summary>
/// A connection to a directory server: bind and search, nothing more. Each step has the address's time limit; there is
/// no way back from encryption to plain text, and no other server is ever asked.
/// </summary>
internal sealed class LdapConnection : IAsyncDisposable
{
    private const int MaxMessage = 1024 * 1024;

    private readonly LdapUrl _url;
    private Stream _stream;
    private int _id;

    private LdapConnection(LdapUrl url, Stream stream) => (_url, _stream) = (url, stream);

    /// <summary>Connects, encrypted as the address says.</summary>
    /// <exception cref="LdapException">It cannot be reached, does not encrypt, or its certificate is
    /// refused.</exception>
    public static async Task<LdapConnection> Open(
        LdapUrl url,
        X509Certificate2Collection? authorities,
        TimeProvider time,
        CancellationToken cancel
    )
    {
        var connection = new LdapConnection(
            url,
            await Within(url, LdapStep.Connect, token => Connect(url, token), cancel)
        );
        try
        {
            if (url.Security == LdapSecurity.StartTls)
                await connection.StartTls(cancel);
            if (url.Security != LdapSecurity.None)
                await connection.Encrypt(authorities, time, cancel);
            return connection;
        }
        catch (LdapException)
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Tries a name and password. An empty password is never sent: servers take that for a guest's login (RFC 4513,
    /// 5.1.2).
    /// </summary>
    /// <exception cref="LdapException">The server gave no answer to it.</exception>
    public async Task<LdapResult> Bind(string dn, string password, CancellationToken cancel)
    {
        if (password.Length == 0 || dn.Length == 0)
            return new LdapResult(LdapResult.InvalidCredentials, "");
        return await Within(
            _url,
            LdapStep.Bind,
            token => Ask(LdapMessages.Bind(++_id, dn, password), LdapMessages.BindResponse, token),
            cancel
        );
    }

    /// <summary>Whether the search finds anything.</summary>
    /// <exception cref="LdapException">The server refuses to search, or gave no answer.</exception>
    public async Task<bool> Finds(LdapSearch search, string name, CancellationToken cancel)
    {
        var (found, result) = await Within(
            _url,
            LdapStep.Search,
            async token =>
            {
                var found = false;
                await Send(LdapMessages.Search(++_id, search, name, _url.Timeout), token);
                while (true)
                {
                    var (kind, answer) = await Receive(token);
                    if (kind == LdapMessages.SearchDone)
                        return (found, answer!);
                    found |= kind == LdapMessages.SearchEntry;
                }
            },
            cancel
        );
        return result.Code switch
        {
            LdapResult.Success or LdapResult.SizeLimitExceeded or LdapResult.NoSuchObject => found,
            LdapResult.Referral => throw new LdapException(
                LdapStep.Search,
                $"{_url} refers the search to another server; referrals are not followed"
            ),
            _ => throw new LdapException(LdapStep.Search, $"{_url} refused the search ({result})"),
        };
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private static async Task<Stream> Connect(LdapUrl url, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(url.Host, url.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task StartTls(CancellationToken cancel)
    {
        var result = await Within(
            _url,
            LdapStep.Tls,
            token => Ask(LdapMessages.StartTls(++_id), LdapMessages.ExtendedResponse, token),
            cancel
        );
        if (result.Code != LdapResult.Success)
            throw new LdapException(LdapStep.Tls, $"{_url} refused StartTLS ({result})");
    }

    private async Task Encrypt(X509Certificate2Collection? authorities, TimeProvider time, CancellationToken cancel)
    {
        string? refused = null;
        var encrypted = new SslStream(_stream);
        _stream = encrypted;
        try
        {
            await Within(
                _url,
                LdapStep.Tls,
                async token =>
                {
                    await encrypted.AuthenticateAsClientAsync(
                        LdapCertificates.Options(_url, authorities, sentence => refused = sentence, time.GetUtcNow()),
                        token
                    );
                    return true;
                },
                cancel
            );
        }
        catch (LdapException) when (refused is not null)
        {
            throw new LdapException(LdapStep.Certificate, refused);
        }
    }

    private async Task<LdapResult> Ask(byte[] request, int answerKind, CancellationToken cancel)
    {
        await Send(request, cancel);
        var (kind, result) = await Receive(cancel);
        return kind == answerKind && result is not null
            ? result
            : throw new InvalidDataException("An answer to something else.");
    }

    private async Task Send(byte[] message, CancellationToken cancel)
    {
        await _stream.WriteAsync(message, cancel);
        await _stream.FlushAsync(cancel);
    }

    /// <summary>
    /// The next message to our last request. Not one byte behind it is read, so that nothing sent before the encryption
    /// can pass for something sent within it.
    /// </summary>
    private async Task<(int Kind, LdapResult? Result)> Receive(CancellationToken cancel)
    {
        var head = new byte[6];
        await _stream.ReadExactlyAsync(head.AsMemory(0, 2), cancel);
        if (head[0] != 0x30)
            throw new InvalidDataException("Not an LDAP message.");
        var extra = head[1] < 0x80 ? 0 : head[1] & 0x7f;
        if (extra > 4 || head[1] == 0x80)
            throw new InvalidDataException("A length of a form that is not used.");
        await _stream.ReadExactlyAsync(head.AsMemory(2, extra), cancel);
        long length =
            extra == 0
                ? head[1]
                : BinaryPrimitives.ReadUInt32BigEndian(
                    (ReadOnlySpan<byte>)[.. new byte[4 - extra], .. head.AsSpan(2, extra)]
                );
        if (length > MaxMessage)
            throw new InvalidDataException("A message without bounds.");
        var message = new byte[2 + extra + (int)length];
        head.AsSpan(0, 2 + extra).CopyTo(message);
        await _stream.ReadExactlyAsync(message.AsMemory(2 + extra), cancel);
        var (id, kind, result) = LdapMessages.Read(message);
        return id == _id
            ? (kind, result)
            : throw new InvalidDataException("The server ends the connection, or answers somebody else.");
    }

    /// <summary>Runs a step within the address's time; whatever goes wrong becomes one sentence.</summary>
    private static async Task<T> Within<T>(
        LdapUrl url,
        LdapStep step,
        Func<CancellationToken, Task<T>> run,
        CancellationToken cancel
    )
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(url.Timeout);
        try
        {
            return await run(limit.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new LdapException(step, $"{url} did not answer within {url.Timeout.TotalSeconds} seconds");
        }
        catch (SocketException e)
        {
            throw new LdapException(
                step,
                e.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain
                    ? $"cannot resolve {url.Host}"
                    : $"cannot reach {url}: {e.Message}"
            );
        }
        catch (AuthenticationException)
        {
            throw new LdapException(step, $"no acceptable TLS version or cipher with {url}");
        }
        catch (IOException)
        {
            throw new LdapException(step, $"{url} closed the connection");
        }
        catch (Exception e) when (e is InvalidDataException or AsnContentException)
        {
            throw new LdapException(step, $"unexpected answer from {url}: not valid LDAP");
        }
    }
}
