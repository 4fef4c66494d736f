using System.Globalization;
using EPortal.Api;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Servers;
using EPortal.WebConsole;
using Microsoft.AspNetCore.Http.HttpResults;

namespace EPortal.Keys;

/// <summary>The console's pages of registration keys.</summary>
internal static class KeyPages
{
    private const string ListPath = "/keys";
    private const string NewPath = "/new-key";

    /// <summary>Parameter: most servers that may be deleted with a key.</summary>
    public const string Agreed = "agreed";

    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPage(ListPath, List);
        routes.MapPage(
            NewPath,
            (FeedStore feeds, ApiParameters parameters) =>
                Form(feeds, new KeyForm { Feed = parameters.Text("feed") ?? Feed.Main }, FormVersion.None, null)
        );
        routes.MapAction(NewPath, Add).ResumesForm();
        routes.MapPage(
            ListPath + "/{key}",
            (string key, KeyStore keys, FeedStore feeds, ServerStore servers, HttpContext context) =>
            {
                var (stored, byName) = (Get(keys, key, context), FleetSecrets.AreOnPagesFor(context));
                return Form(
                    feeds,
                    KeyForm.Of(stored) with
                    {
                        Name = byName ? stored.Name : stored.Label,
                    },
                    FormVersion.Of(stored.Stored()),
                    null,
                    CountsOf(servers).GetValueOrDefault(stored.Name)
                );
            }
        );
        routes.MapAction(ListPath + "/{key}", Change).ResumesForm();
        routes.MapAction(ListPath + "/{key}/delete", Delete);
    }

    /// <summary>Address of a key's page.</summary>
    public static string PathOf(string key) => $"{ListPath}/{Uri.EscapeDataString(key)}";

    private static RazorComponentResult<PageHost<KeysPage, KeysModel>> List(
        ApiParameters parameters,
        KeyStore keys,
        ServerStore servers
    )
    {
        var feed = parameters.Text("feed");
        return ConsoleRoutes.Show<KeysPage, KeysModel>(
            new KeysModel([.. keys.List().Where(key => feed is null || key.Feed == feed)], CountsOf(servers), feed)
        );
    }

    private static Task<IResult> Add(
        ApiParameters parameters,
        KeyStore keys,
        FeedStore feeds,
        DuplicateSubmitGuard once,
        HttpContext context
    )
    {
        var form = KeyForm.Read(parameters);
        return ConsoleForms.Try(
            () =>
                once.Do(
                    context,
                    parameters,
                    async () =>
                    {
                        var key = await keys.Add(context.Actor(), form.Name, form.ToSettings());
                        return (Next(parameters, key.Name), $"Key {key.Name} was added on {key.Feed}.");
                    }
                ),
            problem => Form(feeds, form, FormVersion.None, problem)
        );
    }

    private static Task<IResult> Change(
        string key,
        ApiParameters parameters,
        KeyStore keys,
        FeedStore feeds,
        ServerStore servers,
        Database database,
        Offers offers,
        HttpContext context
    )
    {
        var form = KeyForm.Read(parameters) with { Name = key, IsNew = false };
        return ConsoleForms.Try(
            async () =>
            {
                var settings = form.ToSettings();
                var (move, was, stamp) = database.Read(session =>
                    (
                        MoveImpact.OfKey(session, offers.At(session), key, form.Feed, form.Products),
                        KeyStore.Get(session, key),
                        PreviewStamp.Of(session)
                    )
                );
                was.Stored().RefuseUnless(FormVersion.SeenOrNull(parameters));
                if (
                    move.Elsewhere > 0
                    && ConfirmPages.AskOrNull(context, parameters, Question(form, was, move), move.Reach, stamp)
                        is { } question
                )
                    return question;
                await keys.Update(
                    context.Actor(),
                    key,
                    settings,
                    FormVersion.SeenOrNull(parameters),
                    session => PreviewStamp.MustBe(stamp, session)
                );
                return ConsoleRoutes.Back(context, Next(parameters, key), $"Key {key} was changed.");
            },
            problem =>
                Form(
                    feeds,
                    form,
                    FormVersion.Of(parameters, Get(keys, key, context).Stored(), form.Typed()),
                    problem,
                    CountsOf(servers).GetValueOrDefault(key)
                )
        );
    }

    private static ConfirmText Question(KeyForm form, Key was, MoveImpact move)
    {
        var servers = NumberText.Of(move.Elsewhere, "server", "servers");
        return new ConfirmText(
            $"Change key {form.Name}",
            ConsoleRoutes.Base + PathOf(form.Name),
            $"Key {form.Name}",
            [
                .. form.Feed == was.Feed
                    ? Array.Empty<string>()
                    : [$"{servers} of this key will follow the feed {form.Feed} instead of {was.Feed}."],
                .. form.Products.ToHashSet().SetEquals(was.Products)
                    ? Array.Empty<string>()
                    :
                    [
                        $"{servers} of this key may have patches of {TitlesOf(form.Products)}; until now of {TitlesOf(was.Products)}.",
                    ],
            ],
            $"Change it for {servers}"
        );
    }

    private static string TitlesOf(IEnumerable<Product> products) =>
        string.Join(", ", products.Select(product => product.Title()));

    private static Task<IResult> Delete(
        string key,
        ApiParameters parameters,
        KeyStore keys,
        FeedStore feeds,
        ServerStore servers,
        HttpContext context
    ) =>
        ConsoleForms.Try(
            async () =>
            {
                ConsoleForms.MustBeSure(parameters);
                var count = await servers.DeleteKey(
                    context.Actor(),
                    key,
                    FormVersion.SeenOrNull(parameters),
                    parameters.Number(Agreed, 0, int.MaxValue) ?? 0
                );
                return ConsoleRoutes.Back(
                    context,
                    ListPath,
                    $"Key {key} was deleted, and {NumberText.Of(count, "server", "servers")} with it."
                );
            },
            problem =>
            {
                var stored = Get(keys, key, context);
                return Form(
                    feeds,
                    KeyForm.Of(stored),
                    FormVersion.Of(stored.Stored()),
                    problem,
                    CountsOf(servers).GetValueOrDefault(key)
                );
            }
        );

    /// <summary>Target of the button that was pressed.</summary>
    private static string Next(ApiParameters parameters, string key) =>
        parameters.Text("then") switch
        {
            "another" => NewPath,
            "edit" => PathOf(key),
            _ => ListPath,
        };

    private static IResult Form(
        FeedStore feeds,
        KeyForm form,
        FormVersion version,
        string? problem,
        long servers = 0
    ) =>
        ConsoleRoutes.Show<KeyPage, KeyModel>(
            new KeyModel(form, version, feeds.List(), servers, problem),
            version.StatusOf(problem)
        );

    /// <summary>
    /// The key that an address names: for admins by its name, for others, who must not learn that, by its id.
    /// </summary>
    private static Key Get(KeyStore keys, string name, HttpContext context) =>
        keys.List().FirstOrDefault(key => (FleetSecrets.AreOnPagesFor(context) ? key.Name : key.Id) == name)
        ?? throw new RefusedException(Refusal.NotFound, $"key '{name}' not found");

    private static Dictionary<string, long> CountsOf(ServerStore servers) =>
        servers.CountByKey().ToDictionary(count => count.Key, count => count.Count, StringComparer.Ordinal);
}

/// <summary>What the page of all keys shows.</summary>
/// <param name="Keys">The keys.</param>
/// <param name="Counts">How many servers each has, by name.</param>
/// <param name="Feed">Feed whose keys they are; null for all.</param>
internal sealed record KeysModel(IReadOnlyList<Key> Keys, IReadOnlyDictionary<string, long> Counts, string? Feed);

/// <summary>What the page of one key shows.</summary>
/// <param name="Form">The form as it is filled in.</param>
/// <param name="Version">Which version of the key the form shows.</param>
/// <param name="Feeds">Feeds to choose from.</param>
/// <param name="Servers">How many servers it has.</param>
/// <param name="Problem">Why it was not saved.</param>
internal sealed record KeyModel(
    KeyForm Form,
    FormVersion Version,
    IReadOnlyList<Feed> Feeds,
    long Servers,
    string? Problem
);

/// <summary>The form of a key as it is filled in.</summary>
internal sealed record KeyForm
{
    /// <summary>Name; empty for a generated one.</summary>
    public string Name { get; init; } = "";

    /// <summary>Whether the key is to be made.</summary>
    public bool IsNew { get; init; } = true;

    /// <summary>Description.</summary>
    public string Note { get; init; } = "";

    /// <summary>Feed its servers follow.</summary>
    public required string Feed { get; init; }

    /// <summary>Most servers, as typed; 0 for no limit.</summary>
    public string ServerLimit { get; init; } = "0";

    /// <summary>Products its servers may have patches of.</summary>
    public IReadOnlyList<Product> Products { get; init; } = Format.Products.All;

    /// <summary>The form of a key that is there.</summary>
    public static KeyForm Of(Key key) =>
        new()
        {
            Name = key.Name,
            IsNew = false,
            Note = key.Note,
            Feed = key.Feed,
            ServerLimit = key.ServerLimit.ToString(CultureInfo.InvariantCulture),
            Products = key.Products,
        };

    /// <summary>The form that was sent.</summary>
    public static KeyForm Read(ApiParameters parameters) =>
        new()
        {
            Name = parameters.Text("key") ?? "",
            Note = parameters.Raw("note") ?? "",
            Feed = parameters.Text("feed") ?? Feeds.Feed.Main,
            ServerLimit = parameters.Text("server_limit") ?? "0",
            Products =
            [
                .. Format.Products.All.Where(product => parameters.Texts("products").Contains(product.Token())),
            ],
        };

    /// <summary>Its values, field by field.</summary>
    public StoredFields Typed() => Key.FieldsOf("", Note, Feed, ServerLimit, Products);

    /// <summary>What to save.</summary>
    /// <exception cref="RefusedException">The limit is no number, or no product is ticked: the key would be
    /// useless.</exception>
    public KeySettings ToSettings() =>
        Products.Count > 0
            ? new KeySettings(
                Note,
                Feed,
                ApiParameters.Number(ServerLimit, "the server limit", 0, int.MaxValue),
                Products
            )
            : throw new RefusedException(Refusal.Invalid, "choose at least one product");
}
