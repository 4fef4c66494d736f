using System.Collections.Concurrent;

namespace EPortal.Replication;

/// <summary>
/// Keeps a link with every node that this one knows, from the start and as others announce themselves.
/// </summary>
/// <param name="options">The settings.</param>
/// <param name="peers">The nodes.</param>
/// <param name="parts">What links work with.</param>
internal sealed class ReplicationWorker(ReplicationOptions options, PeerDirectory peers, PeerLink.Parts parts)
    : BackgroundService
{
    private readonly ConcurrentDictionary<string, PeerLink> _links = new(StringComparer.Ordinal);

    /// <summary>The links that run.</summary>
    public IReadOnlyCollection<PeerLink> Links => [.. _links.Values];

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.IsOn)
            return;
        var running = new List<Task>();
        try
        {
            await peers.Open();
            await foreach (var url in peers.New.ReadAllAsync(stoppingToken))
            {
                if (!_links.ContainsKey(url))
                    running.Add(Run(url, stoppingToken));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Wanted.
        }

        await Task.WhenAll(running);
    }

    private async Task Run(string url, CancellationToken cancel)
    {
        using var link = new PeerLink(url, parts);
        _links[url] = link;
        try
        {
            // A node that was forgotten may have called again before its link noticed.
            do await link.Run(cancel);
            while (peers.IsKnown(url));
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Wanted.
        }
        finally
        {
            _links.TryRemove(url, out _);
        }
    }
}
