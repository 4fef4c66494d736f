using EPortal.Api;
using EPortal.Data;
using EPortal.WebConsole;

namespace EPortal.PatchSource;

/// <summary>The console's page of the patch source.</summary>
internal static class SourcePages
{
    private const string Page = "/source";

    /// <summary>Maps it.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPage(Page, (PatchSourceManager slot, SourceViews views) => Show(Stored(slot, views)));
        routes.MapPage(
            Page + "/state",
            (SourceViews views) => ConsoleRoutes.Show<SourceStateCard, SourceView>(views.Read())
        );
        routes.MapAction(Page, Save).ResumesForm();
        routes.MapAction(Page + "/test", Test).ResumesForm(Page);
        routes.MapAction(
            Page + "/off",
            (ApiParameters parameters, PatchSourceManager slot, SourceViews views, HttpContext context) =>
                ConsoleForms.Try(
                    () =>
                        Change(
                            slot,
                            parameters,
                            context,
                            SourceSetting.Off,
                            "The patch source was switched off; patchsets that are already here are still served."
                        ),
                    problem => Show(Stored(slot, views) with { Problem = problem })
                )
        );
        routes.MapAction(
            Page + "/default",
            (ApiParameters parameters, PatchSourceManager slot, SourceViews views, HttpContext context) =>
                ConsoleForms.Try(
                    () =>
                        Change(
                            slot,
                            parameters,
                            context,
                            null,
                            "The patch source of the start-up settings is used again."
                        ),
                    problem => Show(Stored(slot, views) with { Problem = problem })
                )
        );
        // How it goes, and how it ended by the time that the page is there, stands under State.
        routes.MapAction(
            Page + "/sync",
            (SourceWorker worker, HttpContext context) =>
                worker.TryStart(context.Actor())
                    ? ConsoleRoutes.To(context, Page)
                    : ConsoleRoutes.Refused(context, Page, "another sync is already running")
        );
    }

    private static Task<IResult> Save(
        ApiParameters parameters,
        PatchSourceManager slot,
        SourceViews views,
        HttpContext context
    )
    {
        var known = slot.State.Setting;
        var form = SourceForm.Read(parameters, known);
        return ConsoleForms.Try(
            () =>
                Change(
                    slot,
                    parameters,
                    context,
                    form.ToSetting(known, parameters.Text("password")),
                    "The patch source was saved. Sync to fetch its patchsets."
                ),
            problem =>
                Show(
                    new SourceModel(
                        form,
                        FormVersion.Of(parameters, slot.Stored(), form.Typed()),
                        views.Read(),
                        Problem: ConsoleForms.WithoutPassword(problem, parameters)
                    )
                )
        );
    }

    private static async Task<IResult> Test(
        ApiParameters parameters,
        PatchSourceManager slot,
        SourceViews views,
        SourceTest test,
        HttpContext context
    )
    {
        var known = slot.State.Setting;
        var form = SourceForm.Read(parameters, known);
        var finding = await Try(() =>
            test.Run(form.ToSetting(known, parameters.Text("password")), context.RequestAborted)
        );
        // The version stays that of the form: a test changes nothing, and what somebody else saved is told when this is
        // to be saved.
        var model = new SourceModel(
            form,
            new FormVersion(FormVersion.SeenOrNull(parameters) ?? ""),
            views.Read(),
            finding
        );
        return context.Request.Headers["HX-Request"] == "true"
            ? ConsoleRoutes.Show<SourceTested, SourceModel>(model)
            : Show(model);
    }

    private static async Task<SourceFinding> Try(Func<Task<SourceFinding>> test)
    {
        try
        {
            return await test();
        }
        catch (RefusedException e)
        {
            return new SourceFinding(Ok: false, Error: null, e.Message);
        }
    }

    private static async Task<IResult> Change(
        PatchSourceManager slot,
        ApiParameters parameters,
        HttpContext context,
        SourceSetting? setting,
        string said
    )
    {
        await slot.Save(context.Actor(), setting, FormVersion.SeenOrNull(parameters));
        return ConsoleRoutes.Back(context, Page, said);
    }

    private static SourceModel Stored(PatchSourceManager slot, SourceViews views)
    {
        var version = FormVersion.Of(slot.Stored());
        return new SourceModel(SourceForm.Of(slot.State.Setting), version, views.Read());
    }

    private static IResult Show(SourceModel model) =>
        ConsoleRoutes.Show<SourcePage, SourceModel>(model, model.Version.StatusOf(model.Problem));
}

/// <summary>What the page of the patch source shows.</summary>
/// <param name="Form">The form as it is filled in.</param>
/// <param name="Version">Which version of the setting the form shows.</param>
/// <param name="View">How it stands.</param>
/// <param name="Finding">What a test of what is filled in found; null when there was none.</param>
/// <param name="Problem">Why it was not saved.</param>
internal sealed record SourceModel(
    SourceForm Form,
    FormVersion Version,
    SourceView View,
    SourceFinding? Finding = null,
    string? Problem = null
)
{
    /// <summary>Distributions to choose from: what the source lists, and what is chosen already.</summary>
    public IEnumerable<string> Distros =>
        View
            .Listed.Concat(Finding?.Distros ?? [])
            .Concat(Form.Distros)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal);
}

/// <summary>The form of the patch source; the password is never in it.</summary>
/// <param name="Url">Address.</param>
/// <param name="User">Login.</param>
/// <param name="HasPassword">Whether a password is set.</param>
/// <param name="Distros">Distributions that are ticked.</param>
internal sealed record SourceForm(string Url, string User, bool HasPassword, IReadOnlyList<string> Distros)
{
    /// <summary>The form of what is in force.</summary>
    public static SourceForm Of(SourceSetting setting) =>
        new(setting.Url?.AbsoluteUri ?? "", setting.User ?? "", setting.Password is not null, setting.Distros);

    /// <summary>The form that was sent.</summary>
    public static SourceForm Read(ApiParameters parameters, SourceSetting known) =>
        new(
            parameters.Raw("url") ?? "",
            parameters.Raw("user") ?? "",
            known.Password is not null,
            parameters.Texts("distros")
        );

    /// <summary>Its values, field by field.</summary>
    public StoredFields Typed() => SourceSetting.FieldsOf("", Url, User, Distros);

    /// <summary>What to save or to test.</summary>
    /// <param name="known">What is in force.</param>
    /// <param name="password">The password that was typed; null to keep the one that is set.</param>
    /// <exception cref="RefusedException">A value is not of its form.</exception>
    public SourceSetting ToSetting(SourceSetting known, string? password) =>
        Url.Length > 0
            ? known.With(Url, User, password, Distros)
            : throw new RefusedException(Refusal.Invalid, "enter the address of the patch source, or switch it off");
}
