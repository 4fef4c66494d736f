namespace EPortal.EndToEnd.WebConsole;

/// <summary>
/// A console that the tests of one class may change as they like, with the looks that actions are tried in.
/// </summary>
public sealed class SmallConsole : IAsyncDisposable
{
    /// <summary>The portal.</summary>
    public ConsoleSite Site { get; } = new(hosts: 12);

    /// <summary>An admin's browser: wide and light, or narrow and dark.</summary>
    public Task<ConsoleBrowser> OpenAsync(bool phone) =>
        Site.OpenAsync(ConsoleSite.Admin, dark: phone, width: phone ? 390 : 1440);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Site.DisposeAsync();
}
