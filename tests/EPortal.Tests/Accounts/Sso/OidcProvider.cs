using System.Diagnostics;
using Xunit;

namespace EPortal.Tests.Accounts.Sso;

/// <summary>
/// A real sign-on provider (the npm package oidc-provider) on loopback; whoever logs in there is who they say.
/// </summary>
internal sealed class OidcProvider : IDisposable
{
    private readonly Process _process;

    private OidcProvider(Process process, string url) => (_process, Url) = (process, url);

    public string Url { get; }

    /// <summary>Starts one for a portal at that address.</summary>
    public static async Task<OidcProvider> StartAsync(int port, Uri portal)
    {
        var start = new ProcessStartInfo(
            "node",
            [
                Path.Combine(Repository.Root, "tests/oidc/provider.js"),
                $"{port}",
                new Uri(portal, "/admin/sso/login/callback").ToString(),
                new Uri(portal, "/admin").ToString(),
            ]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start)!;
        process.BeginErrorReadLine();
        var ready = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        return ready == "ready"
            ? new OidcProvider(process, UrlOf(port))
            : throw new InvalidOperationException($"The provider said '{ready}'.");
    }

    public static string UrlOf(int port) => $"http://127.0.0.1:{port}";

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
