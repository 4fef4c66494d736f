using EPortal.Data;
using EPortal.Replication.Wire;
using EPortal.Servers.CheckIns;

namespace EPortal.Replication;

/// <summary>Gives other nodes the changes that they lack, and waits for one where there is none.</summary>
/// <param name="database">The store.</param>
/// <param name="manifests">Manifests of patchsets that are here.</param>
/// <param name="digest">Hashes of the rows.</param>
/// <param name="time">The clock.</param>
internal sealed class ChangeFeed(Database database, ManifestExchange manifests, StateDigest digest, TimeProvider time)
{
    private const int MaxOperations = 2000;
    private const long MaxCharacters = 4 * 1024 * 1024;
    private const int MaxCheckIns = 5000;

    /// <summary>Longest that a caller may ask to wait.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(25);

    /// <summary>How often it is looked whether anything was committed; that costs no call of the database.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);

    /// <summary>Looking through all check-ins takes one part in so many of the time.</summary>
    private const int Share = 20;

    private long _nextLook = long.MinValue;

    /// <summary>Changes that the caller lacks.</summary>
    public async Task<PullAnswer> Pull(PullRequest request, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        var wait = TimeSpan.FromMilliseconds(Math.Clamp(request.Wait, 0, s_longest.TotalMilliseconds));
        while (true)
        {
            var (mark, withCheckIns) = (database.Mark, !IsTooSoon);
            var answer = Read(request, withCheckIns);
            if (IsNews(answer, request) || time.GetElapsedTime(begun) >= wait)
                return WithDigests(answer, request);
            do await Task.Delay(s_look, time, cancel);
            while (database.Mark == mark && (withCheckIns || IsTooSoon) && time.GetElapsedTime(begun) < wait);
        }
    }

    /// <summary>Whether looking through all check-ins again would cost more than its part.</summary>
    private bool IsTooSoon => time.GetTimestamp() < Volatile.Read(ref _nextLook);

    private static bool IsNews(PullAnswer answer, PullRequest request) =>
        answer.IsGap || answer.Operations.Count > 0 || answer.CheckIns.Count > 0 || IsAhead(answer, request);

    /// <summary>The caller has not all, but gets nothing: somebody else has to send it.</summary>
    private static bool IsAhead(PullAnswer answer, PullRequest request) =>
        answer.Vector.Any(origin => origin.Value > request.Vector.GetValueOrDefault(origin.Key));

    private PullAnswer Read(PullRequest request, bool withCheckIns) =>
        database.Read(session => Read(session, request, withCheckIns));

    private PullAnswer Read(Session session, PullRequest request, bool withCheckIns)
    {
        var missing = MissingOperations.Read(session, request.Vector, MaxOperations, MaxCharacters);
        var answer = new PullAnswer
        {
            Features = ReplicationOptions.Features,
            Time = time.GetUtcNow().ToUnixTimeMilliseconds(),
            Vector = VersionVector.All(session),
            Operations = missing.Operations,
            HasMore = missing.HasMore,
            IsGap = missing.IsGap,
            Manifests = manifests.Of(session, missing.Operations),
            Cursor = request.Cursor,
        };
        // Check-ins name servers: those have to be there first.
        if (missing.IsGap || missing.HasMore || !withCheckIns)
            return answer;
        var begun = time.GetTimestamp();
        var page = CheckInExchange.Read(session, request.Cursor, MaxCheckIns);
        // A page that is full is followed by the next at once.
        if (!page.HasMore)
            Volatile.Write(ref _nextLook, time.GetTimestamp() + ((time.GetTimestamp() - begun) * Share));
        return answer with { CheckIns = page.CheckIns, Cursor = page.Cursor, HasMore = page.HasMore };
    }

    private PullAnswer WithDigests(PullAnswer answer, PullRequest request) =>
        answer.Operations.Count == 0
        && answer is { HasMore: false, IsGap: false }
        && IsSame(answer.Vector, request.Vector)
            ? answer with
            {
                Digests = digest.TryGet(answer.Vector),
            }
            : answer;

    private static bool IsSame(IReadOnlyDictionary<string, long> one, IReadOnlyDictionary<string, long> other) =>
        one.All(origin => other.GetValueOrDefault(origin.Key) == origin.Value)
        && other.All(origin => one.GetValueOrDefault(origin.Key) == origin.Value);
}
