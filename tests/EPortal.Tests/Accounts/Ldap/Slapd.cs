using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using EPortal.Tests.Hosting;
using Xunit;

namespace EPortal.Tests.Accounts.Ldap;

/// <summary>
/// A real OpenLDAP server on loopback with the scientists of the manual: gauss and euclid are mathematicians, tesla is
/// not; the password of all is <see cref="Password"/>.
/// </summary>
internal sealed class Slapd : IDisposable
{
    public const string Password = "password";
    public const string Dn = "uid=%s,dc=example,dc=com";
    public const string Mathematicians =
        "dc=example,dc=com??one?(&(ou=mathematicians)(uniqueMember=uid=%s,dc=example,dc=com))";

    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(20);

    private readonly TempFolder _folder = new();
    private readonly Process _process;

    private Slapd(Process process, TempFolder folder, int plain, int encrypted)
    {
        (_process, _folder) = (process, folder);
        (Plain, Encrypted) = ($"ldap://127.0.0.1:{plain}", $"ldaps://127.0.0.1:{encrypted}");
    }

    /// <summary>Address without encryption, which also takes StartTLS when there is a certificate.</summary>
    public string Plain { get; }

    /// <summary>Address with TLS.</summary>
    public string Encrypted { get; }

    /// <summary>
    /// Starts one, with a certificate and its key in PEM, and with more lines of its configuration and more entries.
    /// </summary>
    public static async Task<Slapd> StartAsync(
        (string Certificate, string Key)? tls = null,
        (string Config, string Entries)? more = null
    )
    {
        var folder = new TempFolder();
        Directory.CreateDirectory(folder.File("db"));
        folder.Write("slapd.conf", Config(folder, tls, more?.Config));
        folder.Write("data.ldif", Entries() + more?.Entries);
        await RunAsync("/usr/sbin/slapadd", "-f", folder.File("slapd.conf"), "-l", folder.File("data.ldif"));
        var (plain, encrypted) = (Ports.Free(), Ports.Free());
        var listen = $"ldap://127.0.0.1:{plain}" + (tls is null ? "" : $" ldaps://127.0.0.1:{encrypted}");
        var started = new Slapd(
            Start("/usr/sbin/slapd", "-h", listen, "-f", folder.File("slapd.conf"), "-d", "0"),
            folder,
            plain,
            encrypted
        );
        await started.AnswersAsync(plain);
        return started;
    }

    /// <summary>An account that may read everything.</summary>
    public const string BindDn = "cn=root,dc=example,dc=com";

    /// <summary>Its password.</summary>
    public const string BindPassword = "root";

    /// <summary>Changes what the server has, while it runs (RFC 2849).</summary>
    public Task ChangeAsync(string ldif) =>
        RunAsync(
            "/usr/sbin/slapmodify",
            "-f",
            _folder.File("slapd.conf"),
            "-l",
            _folder.Write($"{Guid.NewGuid()}.ldif", ldif + "\n")
        );

    public void Dispose()
    {
        Stop();
        _process.Dispose();
        _folder.Dispose();
    }

    /// <summary>Ends it: an outage.</summary>
    public void Stop()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    private static string Config(TempFolder folder, (string Certificate, string Key)? tls, string? more)
    {
        var text = $"""
            include /etc/ldap/schema/core.schema
            include /etc/ldap/schema/cosine.schema
            include /etc/ldap/schema/inetorgperson.schema
            pidfile {folder.File("slapd.pid")}
            modulepath /usr/lib/ldap
            moduleload back_mdb

            """;
        if (tls is { } pair)
        {
            text += $"""
                TLSCertificateFile {folder.Write("server.pem", pair.Certificate)}
                TLSCertificateKeyFile {folder.Write("server.key", pair.Key)}

                """;
        }

        return text
            + more
            + $"""
                database mdb
                suffix "dc=example,dc=com"
                rootdn "cn=root,dc=example,dc=com"
                rootpw root
                directory {folder.File("db")}

                """;
    }

    private static string Entries()
    {
        var people = new[] { "euclid", "gauss", "tesla" }.Select(name =>
            $"""
                dn: uid={name},dc=example,dc=com
                objectClass: inetOrgPerson
                cn: {name}
                sn: {name}
                uid: {name}
                mail: {name}@example.com
                userPassword: {Password}

                """
        );
        return $"""
            dn: dc=example,dc=com
            objectClass: dcObject
            objectClass: organization
            o: Example
            dc: example

            {string.Join('\n', people)}
            dn: ou=mathematicians,dc=example,dc=com
            objectClass: groupOfUniqueNames
            cn: Mathematicians
            ou: mathematicians
            uniqueMember: uid=euclid,dc=example,dc=com
            uniqueMember: uid=gauss,dc=example,dc=com


            """;
    }

    private async Task AnswersAsync(int port)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
                return;
            }
            catch (SocketException) when (!_process.HasExited && clock.Elapsed < s_deadline)
            {
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }
        }
    }

    private static Process Start(string program, params string[] arguments) =>
        Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true }
        )!;

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        var said = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program}: {said}");
    }
}
