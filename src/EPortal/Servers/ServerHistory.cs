using System.Globalization;
using EPortal.Data;

namespace EPortal.Servers;

/// <summary>Keeps what changed about a server from one check-in to the next, which came at a time in Unix microseconds.</summary>
internal sealed class ServerHistory(Change change, long server, long at)
{
    /// <summary>Lines kept of one server, for a host decides how often it changes.</summary>
    public const int Kept = 1000;

    private bool _added;

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
        }

        if (uptime < before.Uptime)
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
