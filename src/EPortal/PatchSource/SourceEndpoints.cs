using EPortal.Api;
using EPortal.Data;

namespace EPortal.PatchSource;

/// <summary>The API's calls on the patch source.</summary>
internal static class SourceEndpoints
{
    private static readonly ApiParameter[] s_setting =
    [
        new("url", "address of the repository; empty for no patch source"),
        new("user", "login there; empty for none"),
        new("password", "its password; the stored one is kept while host, port and login stay the same"),
        new("distros", "distribution whose kernel patchsets are fetched, repeatable; empty for all"),
    ];

    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapApi(HttpMethods.Get, "/source", ApiRole.Reader, "Show the patch source and its state", Get);
        routes.MapApi(
            HttpMethods.Post,
            "/source",
            ApiRole.Admin,
            "Set the patch source; omitted values are kept",
            Save,
            s_setting
        );
        routes.MapApi(
            HttpMethods.Delete,
            "/source",
            ApiRole.Admin,
            "Return to the patch source of the start-up settings",
            Reset
        );
        routes.MapApi(
            HttpMethods.Post,
            "/source/test",
            ApiRole.Admin,
            "Test a patch source, by default the one that is set: fetch and check its index; changes nothing",
            Test,
            s_setting
        );
        routes.MapApi(HttpMethods.Post, "/source/sync", ApiRole.Admin, "Start a sync with the patch source", Sync);
    }

    private static ApiResult<SourceAnswer> Get(SourceViews views) => new(SourceAnswer.Of(views.Read()));

    private static async Task<ApiResult<SourceAnswer>> Save(
        ApiParameters parameters,
        PatchSourceManager slot,
        SourceViews views,
        HttpContext context
    )
    {
        await slot.Save(context.Actor(), Read(parameters, slot));
        return Get(views);
    }

    private static async Task<ApiResult<SourceAnswer>> Reset(
        PatchSourceManager slot,
        SourceViews views,
        HttpContext context
    )
    {
        await slot.Save(context.Actor(), null);
        return Get(views);
    }

    private static async Task<ApiResult<SourceFinding>> Test(
        ApiParameters parameters,
        PatchSourceManager slot,
        SourceTest test,
        HttpContext context
    ) =>
        new(
            await test.Run(
                parameters.Text("url") is null ? slot.State.Setting : Read(parameters, slot),
                context.RequestAborted
            )
        );

    private static ApiResult<string> Sync(SourceWorker worker, HttpContext context) =>
        worker.TryStart(context.Actor())
            ? new("started")
            : throw new RefusedException(Refusal.Conflict, "another sync is running");

    private static SourceSetting Read(ApiParameters parameters, PatchSourceManager slot)
    {
        var known = slot.State.Setting;
        return known.With(
            parameters.Raw("url") ?? known.Url?.AbsoluteUri,
            parameters.Raw("user") ?? known.User,
            parameters.Text("password"),
            parameters.Has("distros") ? parameters.Texts("distros") : known.Distros
        );
    }
}

/// <summary>The patch source as the API tells it; passwords are never told.</summary>
internal sealed record SourceAnswer(
    string? Url,
    string? User,
    bool HasPassword,
    IReadOnlyList<string> Distros,
    string SetBy,
    string? Problem,
    bool CacheMode,
    IReadOnlyList<string> TrustedKeys,
    long? Version,
    string? SignedBy,
    DateTimeOffset? Expires,
    DateTimeOffset? At,
    DateTimeOffset? SucceededAt,
    string? Error,
    string? Message,
    bool Syncing
)
{
    /// <summary>The answer for a view.</summary>
    public static SourceAnswer Of(SourceView view)
    {
        var setting = view.State.Setting;
        return new SourceAnswer(
            setting.Url?.AbsoluteUri,
            setting.User,
            setting.Password is not null,
            setting.Distros,
            view.State.IsSetHere ? "console" : "settings",
            view.State.Problem,
            view.CacheMode,
            [.. view.Trusted.Select(key => key.KeyId)],
            view.Seen?.Version,
            view.Seen?.SignedBy,
            view.Expires,
            view.Last?.At,
            view.Last?.SucceededAt,
            view.Last?.Error,
            view.Last?.Message,
            view.IsSyncing
        );
    }
}
