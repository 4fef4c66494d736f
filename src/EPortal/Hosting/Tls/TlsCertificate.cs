using System.Net.Security;
using System.Security.Authentication;
using EPortal.Blobs;
using EPortal.Operations;

namespace EPortal.Hosting.Tls;

/// <summary>
/// The portal's own certificate. When its files change it is read anew with the next connection, a second later at
/// the most; while they cannot be used the one before stays, and that is said.
/// </summary>
internal sealed partial class TlsCertificate : IFindingSource
{
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_soon = TimeSpan.FromDays(14);

    private readonly string _certificate;
    private readonly string _key;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private volatile SslServerAuthenticationOptions _options;
    private string _seen;
    private string? _problem;
    private long _lookedAt;

    private TlsCertificate(string certificate, string key, TimeProvider time)
    {
        (_certificate, _key, _time) = (certificate, key, time);
        _seen = State();
        _options = Options(TlsFiles.Read(certificate, key));
        _lookedAt = time.GetTimestamp();
    }

    /// <summary>Reads it.</summary>
    /// <exception cref="StartException">It cannot be used; one sentence says why.</exception>
    public static TlsCertificate Open(string certificate, string key, TimeProvider? time = null) =>
        new(certificate, key, time ?? TimeProvider.System);

    /// <summary>What is to be said of the certificate of these settings; nothing where they have none.</summary>
    public static IEnumerable<Finding> FindingsOf(Settings settings, TimeProvider time)
    {
        if (settings.Listen.All(address => address.Scheme != Uri.UriSchemeHttps))
            return [];
        try
        {
            return [.. Open(settings.TlsCert!, settings.TlsKey!, time).Look()];
        }
        catch (StartException e)
        {
            return [Finding.Problem("https", e.Message)];
        }
    }

    /// <summary>What a connection is begun with.</summary>
    public SslServerAuthenticationOptions Current(ILogger logger)
    {
        lock (_gate)
        {
            if (_time.GetElapsedTime(_lookedAt) >= s_lookEvery)
            {
                _lookedAt = _time.GetTimestamp();
                // What failed is tried again: the folder of a file may have been closed.
                if (State() is var state && (state != _seen || _problem is not null))
                    Renew(state, logger);
            }
        }

        return _options;
    }

    /// <inheritdoc/>
    public IEnumerable<Finding> Look()
    {
        if (_problem is { } problem)
            yield return Finding.Problem("https", $"the changed certificate is not used: {problem}");
        var ends = _options.ServerCertificateContext!.TargetCertificate.NotAfter.ToUniversalTime();
        var left = ends - _time.GetUtcNow().UtcDateTime;
        if (left < TimeSpan.Zero)
            yield return Finding.Problem(
                "https",
                $"the certificate {_certificate} expired at {ends:yyyy-MM-dd HH:mm} UTC"
            );
        else if (left < s_soon)
            yield return Finding.Warning(
                "https",
                $"the certificate {_certificate} expires at {ends:yyyy-MM-dd HH:mm} UTC"
            );
        else if (_problem is null)
            yield return Finding.Ok("https", $"the certificate is valid until {ends:yyyy-MM-dd}");
    }

    /// <summary>
    /// What a look at both files costs little to tell by: a renewed file is another one or was written to, and its
    /// owner and mode change what can be read.
    /// </summary>
    private string State() => $"{Stamp(_certificate)} {Stamp(_key)}";

    private static string Stamp(string path)
    {
        try
        {
            return NativeFile.StampOrNull(path)?.ToString() ?? "missing";
        }
        catch (IOException e)
        {
            return e.Message; // Such as links in a circle; reading it then says why.
        }
    }

    private void Renew(string state, ILogger logger)
    {
        _seen = state;
        try
        {
            _options = Options(TlsFiles.Read(_certificate, _key));
            _problem = null;
            LogRenewed(logger, _certificate);
        }
        catch (StartException e)
        {
            if (_problem != e.Message)
                LogKept(logger, e.Message);
            _problem = e.Message;
        }
    }

    private static SslServerAuthenticationOptions Options(SslStreamCertificateContext context) =>
        new()
        {
            ServerCertificateContext = context,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowRenegotiation = false,
            ApplicationProtocols = [SslApplicationProtocol.Http11],
        };

    [LoggerMessage(Level = LogLevel.Information, Message = "Certificate {Path} has changed and is used now")]
    private static partial void LogRenewed(ILogger logger, string path);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The changed certificate is not used, the one before stays: {Reason}"
    )]
    private static partial void LogKept(ILogger logger, string reason);
}
