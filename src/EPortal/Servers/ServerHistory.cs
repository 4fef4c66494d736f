using System.Globalization;
using EPortal.Data;

namespace EPortal.Servers;

/// <summary>Keeps what changed about a server from one check-in to the next, which came at a time in Unix microseconds.</summary>
internal sealed class ServerHistory(Change change, long server, long at)
{
    /// <summary>Lines kept of one server, for a host decides how often it changes.</summary>
    public const int Kept = 1000;

    private bool _added;

    /// <summary>Fields of check-ins, or of a call of another kind named behind it, that were dropped.</summary>
    public const string Dropped = "dropped";

    /// <summary>Writes what is to be told of a first check-in.</summary>
    public void WriteFirst(ServerFacts facts) => Compare(Dropped, "", facts.Dropped);

    /// <summary>
    /// Tells of fields that were dropped in a call that is no check-in of the host's kernel, unless the last line of that kind says the same.
    /// </summary>
    /// <param name="change">The commit.</param>
    /// <param name="serverId">The host's id; nothing is written when it is gone.</param>
    /// <param name="what">The kind of call; begins with <see cref="Dropped"/>.</param>
    /// <param name="dropped">The fields, and why.</param>
    public static void Tell(Change change, string serverId, string what, string dropped)
    {
        if (change.Session.Scalar("SELECT local FROM server WHERE server_id = @serverId", ("@serverId", serverId)) is not long local)
            return;
        var history = new ServerHistory(change, local, Micros.Of(change.Now));
        history.Compare(what, Last(change.Session, serverId, what), dropped);
        if (history._added)
            history.ForgetOldest();
    }

    /// <summary>What the last line of a kind says became; empty without one.</summary>
    public static string Last(Session session, string serverId, string what) => (string?)session.Scalar(
        """
        SELECT h.became FROM server_history h JOIN server s ON s.local = h.server
        WHERE s.server_id = @serverId AND h.what = @what ORDER BY h.number DESC LIMIT 1
        """,
        ("@serverId", serverId), ("@what", what)) ?? "";

    /// <summary>Writes a line for each thing that is not as it was.</summary>
    public void Write(LastCheckIn before, ServerFacts facts, long uptime)
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
            Add("restart", Number(before.Uptime), Number(uptime));
        if (_added)
            ForgetOldest();
    }

    private void ForgetOldest() => change.Session.Execute(
        """
        DELETE FROM server_history WHERE server = @server AND number <=
          (SELECT number FROM server_history WHERE server = @server ORDER BY number DESC LIMIT 1 OFFSET @kept)
        """,
        ("@server", server), ("@kept", Kept));

    private void Compare(string what, string was, string became)
    {
        if (was != became)
            Add(what, was, became);
    }

    private void Add(string what, string was, string became)
    {
        change.Session.Execute(
            "INSERT INTO server_history (server, at, what, was, became) VALUES (@server, @at, @what, @was, @became)",
            ("@server", server), ("@at", at), ("@what", what), ("@was", was), ("@became", became));
        _added = true;
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
