using EPortal.Feeds;
using EPortal.Format;
using EPortal.Hosting;
using EPortal.PatchSource;
using EPortal.Tests.Agents;
using Xunit;

namespace EPortal.Tests.PatchSource;

/// <summary>
/// A portal in cache mode that serves, with everything its source lists enabled on main and one host registered.
/// </summary>
internal sealed class CachePortal : IAsyncDisposable
{
    private CachePortal(TestPortal portal, string serverId) => (Portal, ServerId) = (portal, serverId);

    public TestPortal Portal { get; }

    public string ServerId { get; }

    /// <summary>Where files lie that were fetched one by one.</summary>
    public string CacheFolder => Path.Combine(Portal.DataFolder, "cache", "patches");

    /// <summary>Starts one; the source gets a patchset K1 of level 1 when it has none.</summary>
    public static async Task<CachePortal> StartAsync(
        FakeSource source,
        bool cacheMode = true,
        Func<Settings, Settings>? change = null
    )
    {
        if (source.Entries.Count == 0)
            await source.AddAsync("K1", 1);
        var portal = await TestPortal.StartAsync(settings =>
            (change?.Invoke(settings) ?? settings) with
            {
                PatchSourceUrl = source.Address,
                TrustedKeys = [source.Key.PublicKey.ToString()],
                CacheMode = cacheMode,
                // What happens every so often, tests do themselves.
                AutoUpdatePeriod = null,
                CacheKeepPeriod = TimeSpan.FromDays(10_000),
            }
        );
        var cache = new CachePortal(portal, await portal.RegisterAsync());
        await cache.SyncAsync(source);
        await portal.Portal.AutoUpdate.Update(TestPortal.Admin, Product.Kernel, Feed.Main);
        return cache;
    }

    /// <summary>The source publishes its next index, and this portal takes it over.</summary>
    public async Task SyncAsync(FakeSource source, SyncRequest? request = null)
    {
        source.Publish();
        using var lease = Portal.Portal.Source.Take();
        var connection = lease.Connection!;
        using var syncLock = connection.Sync.TryBegin();
        await connection.Sync.Run(
            TestPortal.Admin,
            request ?? connection.Request(Products.All),
            _ => new Progress<long>(),
            TestContext.Current.CancellationToken
        );
    }

    /// <summary>Asks for a file of level 1 as an agent does; the body is still to be read.</summary>
    public async Task<HttpResponseMessage> AskAsync(string file = "kpatch.bin", long? from = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/{TestPortal.KernelId}/1/{file}");
        request.Headers.Authorization = TestPortal.Basic($"{ServerId}:kernelcare");
        if (from is not null)
            request.Headers.Range = new(from, null);
        return await Portal.Http.SendAsync(
            request,
            HttpCompletionOption.ResponseHeadersRead,
            TestContext.Current.CancellationToken
        );
    }

    /// <summary>The whole file; it must come.</summary>
    public async Task<byte[]> GetAsync(string file = "kpatch.bin")
    {
        using var answer = await AskAsync(file);
        return await answer
            .EnsureSuccessStatusCode()
            .Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync() => Portal.DisposeAsync();
}
