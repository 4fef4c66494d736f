using EPortal.Api;
using EPortal.Data;

namespace EPortal.WebConsole;

/// <summary>What is the same for all forms.</summary>
internal static class ConsoleForms
{
    private const string Resumed =
        "Your session expired, so nothing was saved. Check the form and send it again. Enter passwords and choose files again.";

    private static readonly AsyncLocal<bool> s_resumes = new();

    /// <summary>
    /// Does what a form asks for; when it is refused, shows the form again as it was filled in, with the reason.
    /// </summary>
    /// <param name="work">What to do, and where to go on to.</param>
    /// <param name="again">The form with a problem.</param>
    public static async Task<IResult> Try(Func<Task<IResult>> work, Func<string, IResult> again)
    {
        if (s_resumes.Value)
            return again(Resumed);
        try
        {
            return await work();
        }
        // Of what the form names, such as a feed, nothing may be there any more; where the page's own thing is gone,
        // showing it again says so.
        catch (RefusedException e) when (e.Reason is not Refusal.Forbidden)
        {
            return again(e.Message);
        }
    }

    /// <summary>A text that a form needs.</summary>
    /// <param name="parameters">What the form sent.</param>
    /// <param name="field">The parameter.</param>
    /// <param name="what">What people are asked for, such as <c>a name</c>.</param>
    /// <exception cref="RefusedException">It is empty.</exception>
    public static string Typed(ApiParameters parameters, string field, string what) =>
        parameters.Text(field) ?? throw new RefusedException(Refusal.Invalid, $"enter {what}");

    /// <summary>Why a form was refused, for its page, which does not give a password back.</summary>
    /// <param name="problem">The reason.</param>
    /// <param name="parameters">What the form sent.</param>
    /// <param name="field">The parameter of the password.</param>
    public static string WithoutPassword(string problem, ApiParameters parameters, string field = "password") =>
        parameters.Text(field) is null ? problem : $"{problem}; enter the password again";

    /// <summary>Keeps the form of an action for after a login.</summary>
    /// <param name="action">The action.</param>
    /// <param name="at">Path within the console whose form shows what was kept; null for the action's own.</param>
    public static RouteHandlerBuilder ResumesForm(this RouteHandlerBuilder action, string? at = null) =>
        action.WithMetadata(new ResumesForm(at is null ? null : ConsoleRoutes.Base + at));

    /// <summary>
    /// Lets a request that brings back a kept form reach only actions that know what to do with it, and do nothing
    /// there.
    /// </summary>
    public static async ValueTask<object?> Resume(EndpointFilterInvocationContext call, EndpointFilterDelegate next)
    {
        var request = call.HttpContext.Request;
        // Others may be as large as an archive, and are read by their actions alone.
        if (
            !ResumableForm.IsOfItsKind(request)
            || (
                await RequestBody.Read(
                    call.HttpContext,
                    cancel => new ValueTask<IFormCollection>(request.ReadFormAsync(cancel))
                )
            )[ResumableForm.Resume].Count == 0
        )
            return await next(call);
        if (call.HttpContext.GetEndpoint()?.Metadata.GetMetadata<ResumesForm>() is null)
            throw new RefusedException(Refusal.Invalid, "this form cannot be resumed");
        s_resumes.Value = true;
        return await next(call);
    }

    /// <summary>A deletion requires its checkbox.</summary>
    /// <exception cref="RefusedException">It was not.</exception>
    public static void MustBeSure(ApiParameters parameters)
    {
        if (parameters.Flag(DeleteCard.Sure) is not true)
            throw new RefusedException(Refusal.Invalid, "nothing was deleted: confirm the deletion with the checkbox");
    }
}
