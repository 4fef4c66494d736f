using System.Globalization;
using System.Text;
using EPortal.Api;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Servers.Search;

namespace EPortal.Servers;

/// <summary>
/// Writes servers as CSV, some at a time, each from a snapshot of its own, so that a long export keeps nothing else
/// from being tidied.
/// </summary>
internal sealed class ServerCsv(Database database, Offers offers, TimeProvider time)
{
    private const int PerRead = 500;

    private static readonly string[] s_titles =
    [
        "id",
        "hostname",
        "ip",
        "status",
        "key",
        "feed",
        "patch_level",
        "euname",
        "release",
        "kernel_id",
        "distro",
        "distro_version",
        "machine",
        "virt",
        "kcare_version",
        "tags",
        "uptime",
        "registered",
        "checkin",
        "updated",
        "update_result",
    ];

    /// <summary>Numbers of the servers that a query matches.</summary>
    public IReadOnlyList<long> Select(ServerQuery query) =>
        database.Read(session =>
            new ServerSelection(session, query, offers.At(session), time.GetUtcNow()).Page(int.MaxValue, 0)
        );

    /// <summary>Writes servers.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="servers">Their numbers.</param>
    /// <param name="secrets">Whether with their ids and the names of their keys.</param>
    /// <param name="cancel">Ends it.</param>
    public async Task Write(Stream to, IReadOnlyList<long> servers, bool secrets, CancellationToken cancel)
    {
        await using var text = new StreamWriter(
            to,
            new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            leaveOpen: true
        );
        await text.WriteAsync(CsvText.Line(s_titles));
        foreach (var some in servers.Chunk(PerRead))
        {
            var now = time.GetUtcNow();
            foreach (var server in database.Read(session => ServerDetails.Read(session, some, offers.At(session), now)))
                await text.WriteAsync(CsvText.Line(ValuesOf(server, secrets)).AsMemory(), cancel);
            await text.FlushAsync(cancel);
        }
    }

    private static IEnumerable<string> ValuesOf(Server server, bool secrets)
    {
        var facts = server.Facts;
        return
        [
            secrets ? server.ServerId : "",
            facts.Hostname,
            facts.Ip,
            server.ConditionOf().Token(),
            server.KeyFor(secrets).Text,
            server.Feed,
            Number(facts.PatchLevel),
            facts.Euname,
            facts.Release,
            facts.KernelId,
            facts.Distro,
            facts.DistroVersion,
            facts.Machine,
            facts.Virt,
            facts.KcareVersion,
            server.Tags,
            server.Uptime is { } uptime ? Number(uptime) : "",
            Time(server.Registered),
            Time(server.Checkin),
            Time(server.Updated),
            facts.UpdateResult,
        ];
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Time(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "";
}
