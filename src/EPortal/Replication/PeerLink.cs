using EPortal.Data;
using EPortal.Replication.Channel;
using EPortal.Replication.Wire;
using EPortal.Servers.CheckIns;

namespace EPortal.Replication;

/// <summary>
/// Keeps this node current with one other: pulls what it lacks, again as soon as there is something new. Whatever fails
/// is tried again, ever less often up to every three seconds; nothing is lost by that.
/// </summary>
/// <param name="url">Address of the other.</param>
/// <param name="exchange">What it works with.</param>
internal sealed partial class PeerLink(string url, PeerLink.Parts exchange) : IDisposable
{
    private const int CheckInsPerCommit = 250;

    /// <summary>How long the other waits for something new before it answers that there is nothing.</summary>
    public static readonly TimeSpan Wait = TimeSpan.FromSeconds(10);

    /// <summary>From this difference of the clocks on there is a warning.</summary>
    public static readonly TimeSpan WarnedSkew = TimeSpan.FromSeconds(1);

    /// <summary>Answers may come later than asked for by so much.</summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(3);

    /// <summary>Between two answers that were not full: what comes meanwhile comes together.</summary>
    private static readonly TimeSpan s_rest = TimeSpan.FromMilliseconds(100);

    private readonly PeerClient _client = exchange.NewClient(url);
    private readonly ILogger _logger = exchange.Logger;
    private string? _told;

    /// <summary>The objects that every link uses.</summary>
    public sealed record Parts(
        ReplicationOptions Options,
        Database Database,
        ChangeLog Log,
        OperationImport Operations,
        FullMerge Merge,
        CheckInMerge CheckIns,
        StateDigest Digest,
        TimeProvider Time,
        ILogger<PeerLink> Logger,
        HttpMessageHandler? Handler = null
    )
    {
        /// <summary>Origin of this node.</summary>
        public string Origin => Database.Read(session => Node.Read(session).Origin);

        /// <summary>A client of the node at an address.</summary>
        public PeerClient NewClient(string url) => new(Options, () => Origin, url, Handler);
    }

    /// <summary>Address of the other.</summary>
    public string Url { get; } = url;

    /// <summary>Runs until it is cancelled, or the peer is forgotten.</summary>
    public async Task Run(CancellationToken cancel)
    {
        var pause = s_firstPause;
        while (await Attempt(cancel) is not Outcome.Forgotten and var outcome)
        {
            if (outcome == Outcome.Done)
            {
                pause = s_firstPause;
                continue;
            }

            await Task.Delay(pause * (0.75 + (Random.Shared.NextDouble() / 2)), exchange.Time, cancel);
            pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
        }
    }

    /// <summary>One exchange with the other, without waiting for something new.</summary>
    /// <exception cref="PeerException">It failed.</exception>
    /// <exception cref="StoreException">The store failed.</exception>
    public async Task<bool> Once(CancellationToken cancel) =>
        Read() is { } peer && await Round(peer, TimeSpan.Zero, cancel);

    /// <summary>Merges the whole state of the other into this node.</summary>
    /// <exception cref="PeerException">It failed.</exception>
    /// <exception cref="StoreException">The store failed.</exception>
    public async Task MergeAll(Action<long, long> progress, CancellationToken cancel)
    {
        await exchange.Merge.Run(
            async snapshot =>
            {
                var request = new PeerRequest { State = new StateRequest(snapshot) };
                return (await _client.Call(request, TimeSpan.FromMinutes(2), cancel)).Answer.State
                    ?? throw new PeerException($"{Url} gave no state");
            },
            LogUntrusted,
            progress,
            cancel
        );
        // Its check-ins are taken from the beginning too.
        await Save(peer => peer with { Cursor = 0, Merged = exchange.Time.GetUtcNow() });
        LogMerged(Url);
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    /// <summary>How an exchange ended.</summary>
    private enum Outcome
    {
        /// <summary>Well.</summary>
        Done,

        /// <summary>It is to be tried again after a pause.</summary>
        Failed,

        /// <summary>The peer is not known any more.</summary>
        Forgotten,
    }

    private async Task<Outcome> Attempt(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        try
        {
            if (Read() is not { } peer)
                return Outcome.Forgotten;
            if (await Round(peer, Wait, cancel))
                await Task.Delay(s_rest, exchange.Time, cancel);
            if (_told is not null)
                LogAgain(Url);
            _told = null;
            return Outcome.Done;
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            // Whatever another node sends, the link must not end by it.
            if (_told != e.Message)
                LogFailed(Url, e.Message);
            _told = e.Message;
            await TrySave(now => now with { Error = e.Message });
            return Outcome.Failed;
        }
    }

    /// <summary>Whether nothing more was to be had.</summary>
    private async Task<bool> Round(Peer peer, TimeSpan wait, CancellationToken cancel)
    {
        var vector = exchange.Database.Read(VersionVector.All);
        var request = new PullRequest
        {
            Url = exchange.Options.NodeUrl is { } own ? PeerDirectory.Text(own) : null,
            Features = ReplicationOptions.Features,
            Vector = vector,
            Cursor = peer.Cursor,
            Wait = (int)wait.TotalMilliseconds,
        };
        var (origin, answered) = await _client.Call(new PeerRequest { Pull = request }, wait + s_grace, cancel);
        var answer = answered.Pull ?? throw new PeerException($"{Url} gave no changes");
        var now = exchange.Time.GetUtcNow();
        if (peer.Origin != origin && peer.Origin.Length > 0 && peer.Cursor > 0)
        {
            // Another node, or one that was restored: its stamps are others.
            await Save(one => one with { Origin = origin, Cursor = 0 });
            return false;
        }

        var skew = TimeSpan.FromMilliseconds(answer.Time - now.ToUnixTimeMilliseconds());
        RequireClock(skew, now);
        if (await IsSetBack(answer))
            return false;
        if (answer.IsGap)
        {
            await MergeAll((_, _) => { }, cancel);
            return false;
        }

        await exchange.Operations.Take(answer.Operations, answer.Manifests, LogUntrusted);
        await TakeCheckIns(answer);
        await Note(origin, skew, answer, peer, vector);
        return !answer.HasMore;
    }

    private void RequireClock(TimeSpan skew, DateTimeOffset now)
    {
        if (skew.Duration() > HybridClock.MaxSkew)
            throw new PeerException(
                $"the clocks differ by {(long)skew.Duration().TotalSeconds} seconds: {Url} has {now + skew:u}, this node {now:u}; "
                    + $"changes are exchanged again once they differ by less than {HybridClock.MaxSkew.TotalMinutes} minutes"
            );
    }

    /// <summary>
    /// Whether the other knows changes of this node that this node does not: then it was set back to an earlier state
    /// and goes on under a new origin, before it gives a number twice.
    /// </summary>
    private async Task<bool> IsSetBack(PullAnswer answer)
    {
        var own = exchange.Database.Read(Node.Read);
        if (answer.Vector.GetValueOrDefault(own.Origin) <= own.Sequence)
            return false;
        await exchange.Log.Commit(
            Actor.Portal,
            change =>
            {
                if (change.Node.Origin == own.Origin && change.Node.Sequence < answer.Vector[own.Origin])
                    change.TakeNewOrigin();
                return true;
            }
        );
        LogSetBack(Url);
        return true;
    }

    private async Task TakeCheckIns(PullAnswer answer)
    {
        var now = exchange.Time.GetUtcNow();
        // The cursor stays before them, so that they come again.
        if (answer.CheckIns.FirstOrDefault(one => HybridClock.IsTooFarAhead(one.Stamp, now)) is { } ahead)
            throw new PeerException(
                $"a check-in at node {ahead.Origin} is more than {HybridClock.MaxSkew.TotalMinutes} minutes ahead of this clock: set the "
                    + "clocks of both nodes right"
            );
        foreach (var some in answer.CheckIns.Chunk(CheckInsPerCommit))
            await exchange.Log.Commit(
                Actor.Agent,
                change =>
                {
                    var news = exchange.CheckIns.Take(change, some);
                    if (news > 0)
                        change.RowsChanged();
                    return news;
                }
            );
    }

    private async Task Note(
        string origin,
        TimeSpan skew,
        PullAnswer answer,
        Peer asked,
        IReadOnlyDictionary<string, long> before
    )
    {
        var has = answer.Operations.Count > 0 ? exchange.Database.Read(VersionVector.All) : before;
        var hasAll = !answer.HasMore && answer.Vector.All(one => has.GetValueOrDefault(one.Key) >= one.Value);
        var differing = Differing(answer);
        var now = exchange.Time.GetUtcNow();
        await Save(peer =>
            peer with
            {
                Origin = origin,
                Vector = answer.Vector,
                // After a full merge by another process its check-ins are taken from the beginning.
                Cursor = peer.Merged == asked.Merged ? answer.Cursor : peer.Cursor,
                Contact = now,
                Synced = hasAll ? now : peer.Synced,
                Skew = skew,
                Differing = differing ?? peer.Differing,
                Error = null,
            }
        );
    }

    /// <summary>The kinds of entities whose rows are others though both have the same changes.</summary>
    private IReadOnlyList<string>? Differing(PullAnswer answer)
    {
        if (answer.Digests is not { } theirs || exchange.Digest.TryGet(answer.Vector) is not { } ours)
            return null;
        var differing = theirs
            .Where(one => ours.TryGetValue(one.Key, out var own) && own != one.Value)
            .Select(one => one.Key)
            .Order(StringComparer.Ordinal)
            .ToList();
        if (differing.Count > 0)
            LogDiffers(Url, string.Join(", ", differing));
        return differing;
    }

    private Peer? Read() => exchange.Database.Read(session => PeerStore.FindOrNull(session, Url));

    private Task Save(Func<Peer, Peer> with) =>
        exchange.Log.Commit(
            Actor.Portal,
            change =>
            {
                if (PeerStore.FindOrNull(change.Session, Url) is { } peer && with(peer) is var now && now != peer)
                    PeerStore.Write(change.Session, now);
                return true;
            }
        );

    private async Task TrySave(Func<Peer, Peer> with)
    {
        try
        {
            await Save(with);
        }
        catch (StoreException)
        {
            // The store's failure is what is told already, and this line of a table is of no more interest then.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Replication with {Url} failed: {Reason}")]
    private partial void LogFailed(string url, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Replication with {Url} works again")]
    private partial void LogAgain(string url);

    [LoggerMessage(Level = LogLevel.Information, Message = "Merged with {Url} in full")]
    private partial void LogMerged(string url);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A manifest of another node is not used: {Reason}")]
    private partial void LogUntrusted(string reason);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "{Url} has the same changes and other rows of {Entities}; run kc.eportal replication --full-sync"
    )]
    private partial void LogDiffers(string url, string entities);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Url} knows changes of this node that this node does not: it was set back to an earlier state and goes on under a new id"
    )]
    private partial void LogSetBack(string url);
}
