using System.Collections.Concurrent;
using Microsoft.Playwright;
using Shouldly;

namespace EPortal.EndToEnd.WebConsole;

/// <summary>A browser with one page, which keeps what went wrong in it.</summary>
public sealed class ConsoleBrowser : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly ConcurrentQueue<string> _faults = new();

    /// <summary>Watches a page.</summary>
    public ConsoleBrowser(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        Page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                _faults.Enqueue($"{message.Type}: {message.Text}");
        };
        Page.PageError += (_, error) => _faults.Enqueue(error);
        Page.RequestFailed += (_, request) => _faults.Enqueue($"{request.Method} {request.Url}: {request.Failure}");
        Page.Request += (_, request) =>
        {
            if (
                !request.Url.StartsWith("http://127.0.0.1:", StringComparison.Ordinal)
                && !request.Url.StartsWith("data:", StringComparison.Ordinal)
            )
                _faults.Enqueue($"asks elsewhere: {request.Url}");
        };
        Page.SetDefaultTimeout(30_000);
    }

    /// <summary>The page.</summary>
    public IPage Page { get; }

    /// <summary>Goes to a page, which must be there.</summary>
    public async Task GoAsync(string path)
    {
        var answer = await Page.GotoAsync(path);
        answer!.Status.ShouldBe(200, path);
    }

    /// <summary>Logs in by the login page.</summary>
    public async Task LogInAsync(string user, string password)
    {
        await GoAsync("/admin/login");
        await Page.GetByLabel("User name").FillAsync(user);
        await Page.GetByLabel("Password").FillAsync(password);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await Page.WaitForURLAsync("**/admin");
    }

    /// <summary>Presses a button.</summary>
    public Task PressAsync(string name) =>
        Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true }).ClickAsync();

    /// <summary>Follows a link.</summary>
    public Task FollowAsync(string name) =>
        Page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true }).First.ClickAsync();

    /// <summary>What the page says of the last action, once it does.</summary>
    public async Task SaysAsync(string sentence) =>
        await Assertions
            .Expect(Page.GetByRole(AriaRole.Status).Filter(new() { HasText = sentence }))
            .ToBeVisibleAsync();

    /// <summary>Why the page refused, once it does.</summary>
    public async Task RefusesAsync(string sentence) =>
        await Assertions.Expect(Page.GetByRole(AriaRole.Alert).Filter(new() { HasText = sentence })).ToBeVisibleAsync();

    /// <summary>Bytes of the page and all that it loaded, uncompressed.</summary>
    public async Task<long> BytesAsync() =>
        await Page.EvaluateAsync<long>(
            "() => ['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind)).reduce((sum, one) => sum + one.decodedBodySize, 0)"
        );

    /// <summary>From now on every page loads all of its files, as in a browser that never saw them.</summary>
    public async Task DisableCacheAsync()
    {
        var session = await Page.Context.NewCDPSessionAsync(Page);
        await session.SendAsync("Network.enable");
        await session.SendAsync("Network.setCacheDisabled", new() { ["cacheDisabled"] = true });
    }

    /// <summary>How many pixels the page is wider than the window; a table may scroll, the page not.</summary>
    public async Task<int> OverflowAsync() =>
        await Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - innerWidth");

    /// <summary>
    /// Nothing went wrong so far: no error in the browser's console, no request failed or went elsewhere.
    /// </summary>
    public void ShouldBeSound() => _faults.ShouldBeEmpty();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}
