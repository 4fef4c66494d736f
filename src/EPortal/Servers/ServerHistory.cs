using System.Globalization;
using EPortal.Data;
using EPortal.Servers.CheckIns;

namespace EPortal.Servers;

/// <summary>
/// Keeps what changed about a server from one check-in to the next, which came at a time in Unix microseconds.
/// </summary>
internal sealed class ServerHistory(Change change, HostChangeLimiter limit, long server, long at)
{
    /// <summary>Lines kept of one server, for a host decides how often it changes.</summary>
    public const int Kept = 1000;

    /// <summary>What the line says that stands for all that are left out in an hour.</summary>
    public const string TooMany = "limit";

    /// <summary>Fields of check-ins, or of a call of another kind named behind it, that were dropped.</summary>
    public const string Dropped = "dropped";

    private readonly List<(string What, string Was, string Became)> _lines = [];

    /// <summary>How its lines are deleted when they are too old or too many. Their numbers are stamps.</summary>
    public static Retention Retention(TimeSpan? maxAge, long? maxRows) =>
        new StampedRetention("server_history", "number", "number", maxAge, maxRows);

    /// <summary>Writes what is to be told of a first check-in.</summary>
    public void WriteFirst(ServerFacts facts)
    {
        Compare(Dropped, "", facts.Dropped);
        Save();
    }

    /// <summary>
    /// Tells of fields that were dropped in a call that is no check-in of the host's kernel, unless the last line of
    /// that kind says the same.
    /// </summary>
    /// <param name="change">The commit.</param>
    /// <param name="limit">What the host may still change.</param>
    /// <param name="serverId">The host's id; nothing is written when it is gone.</param>
    /// <param name="what">The kind of call; begins with <see cref="Dropped"/>.</param>
    /// <param name="dropped">The fields, and why.</param>
    public static void Tell(Change change, HostChangeLimiter limit, string serverId, string what, string dropped)
    {
        if (
            change.Session.Scalar("SELECT local FROM server WHERE server_id = @serverId", ("@serverId", serverId))
            is not long local
        )
            return;
        var history = new ServerHistory(change, limit, local, UnixMicros.Of(change.Now));
        history.Compare(what, Last(change.Session, serverId, what), dropped);
        history.Save();
    }

    /// <summary>What the last line of a kind says became; empty without one.</summary>
    public static string Last(Session session, string serverId, string what) =>
        (string?)
            session.Scalar(
                """
                SELECT h.became FROM server_history h JOIN server s ON s.local = h.server
                WHERE s.server_id = @serverId AND h.what = @what ORDER BY h.number DESC LIMIT 1
                """,
                ("@serverId", serverId),
                ("@what", what)
            )
        ?? "";

    /// <summary>Writes a line for each thing that is not as it was.</summary>
    public void Write(CheckIn before, ServerFacts facts, long uptime)
    {
        var was = before.Facts;
        if (was != facts)
        {
            Compare("level", Number(was.PatchLevel), Number(facts.PatchLevel));
            Compare("kernel", was.KernelId, facts.KernelId);
            Compare("release", was.Release, facts.Release);
            Compare("euname", was.Euname, facts.Euname);
            Compare("feed", was.Feed, facts.Feed);
            Compare("ip", was.Ip, facts.Ip);
            Compare("hostname", was.Hostname, facts.Hostname);
            Compare("update", was.UpdateResult, facts.UpdateResult);
            Compare(Dropped, was.Dropped, facts.Dropped);
        }

        if (uptime < before.Uptime && !facts.Dropped.Contains("uptime ", StringComparison.Ordinal))
            _lines.Add(("restart", Number(before.Uptime), Number(uptime)));
        Save();
    }

    /// <summary>Writes the lines, if the host may have more in this hour; else once that it may not.</summary>
    private void Save()
    {
        if (_lines.Count == 0)
            return;
        if (limit.TryCount(server, HostRefusal.History, out var isFirst))
            _lines.ForEach(line => Add(line.What, line.Was, line.Became));
        else if (isFirst)
            Add(TooMany, "", Number(limit.PerHour));
        else
            return;
        ForgetOldest();
    }

    private void ForgetOldest() =>
        change.Session.Execute(
            """
            DELETE FROM server_history WHERE server = @server AND number <=
              (SELECT number FROM server_history WHERE server = @server ORDER BY number DESC LIMIT 1 OFFSET @kept)
            """,
            ("@server", server),
            ("@kept", Kept)
        );

    private void Compare(string what, string was, string became)
    {
        if (was != became)
            _lines.Add((what, was, became));
    }

    private void Add(string what, string was, string became) =>
        change.Session.Execute(
            "INSERT INTO server_history (number, server, at, what, was, became) VALUES (@number, @server, @at, @what, @was, @became)",
            ("@number", change.NextStamp()),
            ("@server", server),
            ("@at", at),
            ("@what", what),
            ("@was", was),
            ("@became", became)
        );

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
