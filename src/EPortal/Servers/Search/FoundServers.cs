using EPortal.Data;
using EPortal.Feeds;

namespace EPortal.Servers.Search;

/// <summary>A page of servers.</summary>
/// <param name="Servers">The rows.</param>
/// <param name="Matches">How many match.</param>
/// <param name="Registered">How many there are at all.</param>
internal sealed record FoundServers(IReadOnlyList<Server> Servers, Tally Matches, long Registered)
{
    /// <summary>Matches are counted up to here where counting them all would take long.</summary>
    private const int CountedTo = 10_000;

    /// <summary>The page that a query asks for, with how many match: exactly where that is cheap.</summary>
    /// <exception cref="RefusedException">The limit or offset is out of range.</exception>
    public static FoundServers Of(Session session, ServerQuery query, Offers offers, DateTimeOffset now)
    {
        var servers = query.Run(session, offers, now);
        var matches = new ServerSelection(session, query, offers.At(session), now).CountUpTo(
            Math.Max(CountedTo, (long)query.Offset + servers.Count)
        );
        return new FoundServers(servers, matches, ServerGroups.Total(session));
    }
}
