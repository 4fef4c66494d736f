using System.Collections.Concurrent;
using EPortal.Agents;
using EPortal.Data;
using EPortal.Replication.Channel;
using EPortal.Replication.Wire;
using EPortal.Servers.CheckIns;

namespace EPortal.Replication;

/// <summary>
/// Hosts that call here and are not known: one may have registered at another node a moment ago. The others are asked,
/// and if one knows it, its registration is waited for. Each id is asked for once at a time; that nobody knows one is
/// remembered for some seconds, and only so many are asked for at once, so that made-up ids cost the other nodes
/// nothing.
/// </summary>
/// <param name="options">The settings.</param>
/// <param name="database">The store.</param>
/// <param name="parts">How nodes are called.</param>
/// <param name="time">The clock.</param>
internal sealed class UnknownServers(
    ReplicationOptions options,
    Database database,
    PeerLink.Parts parts,
    TimeProvider time
) : ServerFinder, IDisposable
{
    private const int AtOnce = 8;
    private const int MaxRemembered = 10_000;

    /// <summary>Longer no host is to wait for its 401.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan s_remembered = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    private readonly SemaphoreSlim _asking = new(AtOnce);
    private readonly ConcurrentDictionary<string, Task<bool>> _running = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _unknown = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, PeerClient> _clients = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override async ValueTask<bool> Find(string serverId, CancellationToken cancel)
    {
        if (!options.IsOn || !PackedServerId.TryRead(serverId, out _) || IsRemembered(serverId))
            return false;
        var finding = _running.GetOrAdd(serverId, id => Task.Run(() => FindAtPeers(id), CancellationToken.None));
        try
        {
            return await finding.WaitAsync(cancel);
        }
        finally
        {
            if (finding.IsCompleted)
                _running.TryRemove(KeyValuePair.Create(serverId, finding));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var client in _clients.Values)
            client.Dispose();
        _asking.Dispose();
    }

    private bool IsRemembered(string serverId) =>
        _unknown.TryGetValue(serverId, out var at) && time.GetElapsedTime(at) < s_remembered;

    private async Task<bool> FindAtPeers(string serverId)
    {
        using var limit = new CancellationTokenSource(s_patience, time);
        try
        {
            await _asking.WaitAsync(limit.Token);
            try
            {
                var births = await Task.WhenAll(
                    database.Read(PeerStore.List).Select(peer => Ask(peer.Url, serverId, limit.Token))
                );
                if (
                    births.OfType<string>().FirstOrDefault() is { } birth
                    && await Arrives(EntityId.Parse(birth), limit.Token)
                )
                    return true;
            }
            finally
            {
                _asking.Release();
            }
        }
        catch (OperationCanceledException)
        {
            return false; // Nobody answered in time: that is not remembered.
        }

        Remember(serverId);
        return false;
    }

    private async Task<string?> Ask(string url, string serverId, CancellationToken cancel)
    {
        try
        {
            var client = _clients.GetOrAdd(url, parts.NewClient);
            var request = new PeerRequest { Find = new FindRequest(serverId) };
            return (await client.Call(request, s_patience, cancel)).Answer.Find?.Birth;
        }
        catch (PeerException)
        {
            return null; // Its link tells that it cannot be reached.
        }
    }

    /// <summary>Waits until the link has brought an operation.</summary>
    private async Task<bool> Arrives(EntityId birth, CancellationToken cancel)
    {
        while (database.Read(session => VersionVector.Last(session, birth.Origin)) < birth.Sequence)
            await Task.Delay(s_look, time, cancel);
        return true;
    }

    private void Remember(string serverId)
    {
        if (_unknown.Count >= MaxRemembered)
            _unknown.Clear();
        _unknown[serverId] = time.GetTimestamp();
    }
}
