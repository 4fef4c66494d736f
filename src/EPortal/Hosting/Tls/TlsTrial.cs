using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;

namespace EPortal.Hosting.Tls;

/// <summary>
/// A handshake with oneself, in memory: only then does OpenSSL look at a certificate, and refuses keys that are too
/// short or of a kind that it does not serve.
/// </summary>
internal static class TlsTrial
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Why it failed; null where it went well.</summary>
    public static string? FailureOrNull(SslStreamCertificateContext context)
    {
        var (there, back) = (new Pipe(), new Pipe());
        using var server = new SslStream(new TwoWayStream(there.Reader, back.Writer));
        using var client = new SslStream(new TwoWayStream(back.Reader, there.Writer));
        using var limit = new CancellationTokenSource(s_patience);
        var serving = Serve(server, context, limit);
#pragma warning disable CA5359 // What this client thinks of the certificate is of no interest, and nothing is sent.
        var calling = client
            .AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "localhost",
                    CertificateChainPolicy = new() { DisableCertificateDownloads = true },
                    RemoteCertificateValidationCallback = (_, _, _, _) => true,
                },
                limit.Token
            )
            .ContinueWith(task => _ = task.Exception, TaskScheduler.Default);
#pragma warning restore CA5359
        var failure = serving.GetAwaiter().GetResult();
        limit.Cancel();
        calling.GetAwaiter().GetResult();
        return failure;
    }

    private static async Task<string?> Serve(
        SslStream server,
        SslStreamCertificateContext context,
        CancellationTokenSource limit
    )
    {
        try
        {
            await server.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificateContext = context },
                limit.Token
            );
            return null;
        }
        catch (Exception e)
            when (e is AuthenticationException or IOException or CryptographicException or NotSupportedException)
        {
            return (e.InnerException ?? e).Message.TrimEnd('.');
        }
        catch (OperationCanceledException)
        {
            return "no handshake within 10 seconds";
        }
    }

    /// <summary>One end of two pipes.</summary>
    private sealed class TwoWayStream(PipeReader reader, PipeWriter writer) : Stream
    {
        private readonly Stream _in = reader.AsStream();
        private readonly Stream _out = writer.AsStream();

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => _in.Read(buffer, offset, count);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            _in.ReadAsync(buffer, cancellationToken);

        public override void Write(byte[] buffer, int offset, int count) => _out.Write(buffer, offset, count);

        public override ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer,
            CancellationToken cancellationToken = default
        ) => _out.WriteAsync(buffer, cancellationToken);

        public override void Flush() => _out.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => _out.FlushAsync(cancellationToken);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _in.Dispose();
                _out.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
