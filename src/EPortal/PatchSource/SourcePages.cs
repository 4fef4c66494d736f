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
        routes.MapPage(Page, (SourceSlot slot, SourceViews views) => Show(new SourceModel(SourceForm.Of(slot.State.Setting), views.Read())));
        routes.MapPage(Page + "/state", (SourceViews views) => ConsoleRoutes.Show<SourceStateCard, SourceView>(views.Read()));
        routes.MapAction(Page, Save);
        routes.MapAction(Page + "/test", Test);
        routes.MapAction(Page + "/off", (SourceSlot slot, HttpContext context) =>
            Change(slot, context, SourceSetting.Off, "The patch source was switched off; what is here goes on being served."));
        routes.MapAction(Page + "/default", (SourceSlot slot, HttpContext context) =>
            Change(slot, context, null, "The patch source is that of the settings again."));
        routes.MapAction(Page + "/sync", (SourceWorker worker, HttpContext context) => ConsoleRoutes.Back(
            context, Page, worker.TryStart(context.Actor()) ? "The sync has begun." : "Another sync is under way already."));
    }

    private static Task<IResult> Save(ApiParameters parameters, SourceSlot slot, SourceViews views, HttpContext context)
    {
        var known = slot.State.Setting;
        var form = SourceForm.Read(parameters, known);
        return ConsoleForms.Try(
            () => Change(slot, context, form.ToSetting(known, parameters.Text("password")), "The patch source was saved. A sync shows what it has."),
            problem => Show(new SourceModel(form, views.Read(), Problem: problem)));
    }

    private static async Task<IResult> Test(ApiParameters parameters, SourceSlot slot, SourceViews views, SourceTest test, HttpContext context)
    {
        var known = slot.State.Setting;
        var form = SourceForm.Read(parameters, known);
        var finding = await Try(() => test.Run(form.ToSetting(known, parameters.Text("password")), context.RequestAborted));
        var model = new SourceModel(form, views.Read(), finding);
        return context.Request.Headers["HX-Request"] == "true" ? ConsoleRoutes.Show<SourceTested, SourceModel>(model) : Show(model);
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

    private static async Task<IResult> Change(SourceSlot slot, HttpContext context, SourceSetting? setting, string said)
    {
        await slot.Save(context.Actor(), setting);
        return ConsoleRoutes.Back(context, Page, said);
    }

    private static IResult Show(SourceModel model) => ConsoleRoutes.Show<SourcePage, SourceModel>(
        model, model.Problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
}

/// <summary>What the page of the patch source shows.</summary>
/// <param name="Form">The form as it is filled in.</param>
/// <param name="View">How it stands.</param>
/// <param name="Finding">What a test of what is filled in found; null when there was none.</param>
/// <param name="Problem">Why it was not saved.</param>
internal sealed record SourceModel(SourceForm Form, SourceView View, SourceFinding? Finding = null, string? Problem = null)
{
    /// <summary>Distributions to choose from: what the source lists, and what is chosen already.</summary>
    public IEnumerable<string> Distros => View.Listed.Concat(Finding?.Distros ?? []).Concat(Form.Distros).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
}

/// <summary>The form of the patch source; the password is never in it.</summary>
/// <param name="Url">Address.</param>
/// <param name="User">Login.</param>
/// <param name="HasPassword">Whether a password is set.</param>
/// <param name="Distros">Distributions that are ticked.</param>
internal sealed record SourceForm(string Url, string User, bool HasPassword, IReadOnlyList<string> Distros)
{
    /// <summary>The form of what is in force.</summary>
    public static SourceForm Of(SourceSetting setting) => new(setting.Url?.AbsoluteUri ?? "", setting.User ?? "", setting.Password is not null, setting.Distros);

    /// <summary>The form that was sent.</summary>
    public static SourceForm Read(ApiParameters parameters, SourceSetting known) =>
        new(parameters.Raw("url") ?? "", parameters.Raw("user") ?? "", known.Password is not null, parameters.Texts("distros"));

    /// <summary>What to save or to test.</summary>
    /// <param name="known">What is in force.</param>
    /// <param name="password">The password that was typed; null to keep the one that is set.</param>
    /// <exception cref="RefusedException">A value is not of its form.</exception>
    public SourceSetting ToSetting(SourceSetting known, string? password) => Url.Length > 0
        ? known.With(Url, User, password, Distros)
        : throw new RefusedException(Refusal.Invalid, "Type the address of the patch source, or switch it off.");
}
