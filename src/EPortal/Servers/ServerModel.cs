using EPortal.Api;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Keys;
using EPortal.Servers.Search;
using EPortal.WebConsole;

namespace EPortal.Servers;

/// <summary>What the page of one server shows.</summary>
/// <param name="Server">The server.</param>
/// <param name="Patches">What it runs and what it could run.</param>
/// <param name="History">What changed about it.</param>
/// <param name="HistoryCount">How often something did.</param>
/// <param name="HistoryOffset">Changes passed over.</param>
/// <param name="Keys">Keys to move it to, with their feeds.</param>
/// <param name="Tags">Its tags as they are filled in.</param>
/// <param name="Key">The key that was chosen for it; null until one is.</param>
/// <param name="Problem">Why something was not done.</param>
internal sealed record ServerModel(
    Server Server,
    ServerPatches Patches,
    IReadOnlyList<ServerEvent> History,
    long HistoryCount,
    long HistoryOffset,
    IReadOnlyList<(string Name, string Feed)> Keys,
    string Tags,
    string? Key,
    string? Problem
)
{
    /// <summary>Changes of a page.</summary>
    public const int PageSize = 25;

    /// <summary>Vulnerabilities shown at most.</summary>
    public const int MostCves = 2000;

    /// <summary>Which version of its tags their form shows.</summary>
    public FormVersion TagsVersion { get; init; } = FormVersion.Of(Server.TagsOf(Server.Id, Server.Tags));

    /// <summary>Which version of its key the form that moves it shows.</summary>
    public FormVersion KeyVersion { get; init; } = FormVersion.Of(Server.KeyOf(Server.Id, Server.Key));

    /// <summary>It with the tags that were sent.</summary>
    public ServerModel WithTags(ApiParameters parameters, string tags) =>
        this with
        {
            Tags = tags,
            TagsVersion = FormVersion.Of(parameters, Server.TagsOf(Server.Id, Server.Tags), Server.TagsOf("", tags)),
        };

    /// <summary>It with the key that was sent.</summary>
    public ServerModel WithKey(ApiParameters parameters, string? key) =>
        this with
        {
            Key = key,
            KeyVersion = FormVersion.Of(parameters, Server.KeyOf(Server.Id, Server.Key), Server.KeyOf("", key ?? "")),
        };

    /// <summary>Reads it.</summary>
    /// <exception cref="RefusedException">There is no such server.</exception>
    public static ServerModel Read(
        string id,
        ApiParameters parameters,
        Database database,
        Offers offers,
        PatchsetUsage usage,
        DateTimeOffset now,
        string? problem = null
    )
    {
        var asked = Paging.Asked(parameters);
        return database.Read(session =>
        {
            var server =
                new ServerQuery { Id = id }
                    .Run(session, offers, now)
                    .SingleOrDefault()
                ?? throw new RefusedException(Refusal.NotFound, "server not found; it may have been deleted");
            var count = ServerStore.CountHistory(session, server.Local);
            var offset = Paging.Start(asked, count, PageSize);
            return new ServerModel(
                server,
                ServerPatches.Read(session, server, offers.At(session), usage),
                ServerStore.History(session, server.Local, PageSize, offset),
                count,
                offset,
                KeyStore.Feeds(session),
                server.Tags,
                null,
                problem
            );
        });
    }
}
