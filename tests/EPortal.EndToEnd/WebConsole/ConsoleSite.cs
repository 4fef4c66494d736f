using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using EPortal.EndToEnd.Portal;
using EPortal.EndToEnd.WebConsole;
using Microsoft.Playwright;
using Xunit;

[assembly: AssemblyFixture(typeof(ConsoleSite))]

namespace EPortal.EndToEnd.WebConsole;

/// <summary>
/// A portal with the fleet of the demonstration, an account of each role, and Debian's Chromium before it; started by
/// the first test that asks, one for all.
/// </summary>
public sealed partial class ConsoleSite : IAsyncDisposable
{
    public const string Admin = "admin";
    public const string Reader = "rob";
    private const string ReaderPassword = "correct horse";

    private readonly PortalInstallation _installation = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly Lazy<Task> _started;
    private Process? _demo;
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private string _adminPassword = "";

    private readonly Lazy<Task<IReadOnlyList<string>>> _pages;

    /// <summary>With a fleet to look at.</summary>
    public ConsoleSite()
        : this(40) { }

    internal ConsoleSite(int hosts) => (_started, _pages) = (new(() => StartAsync(hosts)), new(FindPagesAsync));

    /// <summary>Where the portal is, without a slash at the end.</summary>
    public string Address { get; private set; } = "";

    /// <summary>Its data folder.</summary>
    public string DataFolder => _installation.DataDir;

    /// <summary>A path for a test's own files.</summary>
    public string PathOf(string name) => _installation.PathOf(name);

    /// <summary>Runs <c>kc.eportal</c> on this portal.</summary>
    public async Task<string> DoAsync(params string[] args)
    {
        await _started.Value;
        return await _installation.DoAsync(args);
    }

    /// <summary>An address of each page.</summary>
    public Task<IReadOnlyList<string>> PagesAsync() => _pages.Value;

    /// <summary>A browser of its own, logged in as <paramref name="user"/>; null for a stranger.</summary>
    public async Task<ConsoleBrowser> OpenAsync(string? user, bool dark = false, int width = 1440, bool scripts = true)
    {
        await _started.Value;
        var context = await _browser!.NewContextAsync(
            new()
            {
                BaseURL = Address,
                ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
                JavaScriptEnabled = scripts,
                ViewportSize = new() { Width = width, Height = width < 600 ? 844 : 900 },
            }
        );
        var browser = new ConsoleBrowser(context, await context.NewPageAsync());
        if (user is not null)
            await browser.LogInAsync(user, user == Admin ? _adminPassword : ReaderPassword);
        return browser;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
        if (_demo is not null)
        {
            _demo.Kill(entireProcessTree: true);
            await _demo.WaitForExitAsync();
            _demo.Dispose();
        }

        _installation.Dispose();
    }

    /// <summary>An API key is made first, so that it has a page.</summary>
    private async Task<IReadOnlyList<string>> FindPagesAsync()
    {
        await using var browser = await OpenAsync(Admin);
        await browser.GoAsync("/admin/api-keys");
        await browser.Page.GetByLabel("Name").FillAsync("for the tests");
        await browser.Page.Locator("main form button").First.ClickAsync();
        await browser.Page.GetByText("for the tests").First.WaitForAsync();
        return await ConsolePages.AllAsync(browser);
    }

    private async Task StartAsync(int hosts)
    {
        // The demonstration drops to a user without rights, who has to reach its data.
        File.SetUnixFileMode(
            _installation.PathOf(""),
            UnixFileMode.UserRead
                | UnixFileMode.UserWrite
                | UnixFileMode.UserExecute
                | UnixFileMode.GroupExecute
                | UnixFileMode.OtherExecute
        );
        var start = _installation.Start(
            Programs.Portal,
            ["demo", "--hosts", $"{hosts}", "--listen", "http://127.0.0.1:0", "--data", _installation.DataDir]
        );
        _demo = Process.Start(start)!;
        _demo.ErrorDataReceived += (_, line) => _errors.Enqueue(line.Data ?? "");
        _demo.BeginErrorReadLine();
        while (_adminPassword.Length == 0)
        {
            var line =
                await _demo.StandardOutput.ReadLineAsync()
                ?? throw new InvalidOperationException(
                    $"The demonstration ended before it began: {string.Join('\n', _errors)}"
                );
            if (Login().Match(line) is { Success: true } login)
                Address = login.Groups[1].Value;
            else if (Password().Match(line) is { Success: true } password)
                _adminPassword = password.Groups[1].Value;
        }

        _ = _demo.StandardOutput.ReadToEndAsync();
        _installation.Environment.Clear();
        _installation.Environment["EPORTAL_CONFIG"] = Path.Combine(_installation.DataDir, "eportal.config");
        await _installation.DoAsync("user", "-a", "-r", "readonly", "-p", ReaderPassword, Reader);
        _playwright = await Playwright.CreateAsync();
        // Debian's browser, which reaches for nothing but the portal.
        _browser = await _playwright.Chromium.LaunchAsync(
            new()
            {
                ExecutablePath = "/usr/bin/chromium",
                Args =
                [
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-quic",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    "--force-color-profile=srgb",
                    "--font-render-hinting=none",
                ],
            }
        );
    }

    [GeneratedRegex("^log in at +(http://[^ ]+)/admin$")]
    private static partial Regex Login();

    [GeneratedRegex(@"^password +(\w+)$")]
    private static partial Regex Password();
}
