using EPortal.Api;
using EPortal.Data;
using EPortal.WebConsole;

namespace EPortal.Servers;

/// <summary>
/// Asks for what changes what many servers are offered: shown with how many they are, and agreed to as it was shown.
/// </summary>
internal static class ConfirmPages
{
    private const string NotSure = "nothing changed: confirm with the checkbox that servers are offered nothing";

    /// <summary>The page that asks; null when what it shows was agreed to.</summary>
    /// <param name="context">The request, whose form is sent again.</param>
    /// <param name="parameters">What it was given.</param>
    /// <param name="text">What is to be done.</param>
    /// <param name="reach">How many servers that reaches.</param>
    /// <param name="stamp">What that was counted from.</param>
    public static IResult? AskOrNull(
        HttpContext context,
        ApiParameters parameters,
        ConfirmText text,
        RolloutImpact reach,
        string stamp
    )
    {
        var seen = parameters.Text(PreviewStamp.Parameter);
        if (seen == stamp && (reach.Nothing == 0 || IsSure(parameters)))
            return null;
        var problem =
            seen is null ? null
            : seen == stamp ? NotSure
            : PreviewStamp.Moved;
        var fields = context.Request.HasFormContentType
            ? context
                .Request.Form.Where(field => field.Key is not (PreviewStamp.Parameter or DeleteCard.Sure))
                .SelectMany(field => field.Value.Select(value => (field.Key, value ?? "")))
                .ToList()
            : [];
        return ConsoleRoutes.Show<ConfirmPage, ConfirmModel>(
            new ConfirmModel(
                text,
                reach,
                stamp,
                $"{context.Request.Path}{context.Request.QueryString}",
                fields,
                problem
            ),
            problem is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest
        );
    }

    /// <summary>Servers lose their patches only with the checkbox that confirms it.</summary>
    /// <exception cref="RefusedException">It was not.</exception>
    public static void MustBeSure(ApiParameters parameters, bool takesPatches)
    {
        if (takesPatches && !IsSure(parameters))
            throw new RefusedException(Refusal.Invalid, NotSure);
    }

    private static bool IsSure(ApiParameters parameters) => parameters.Flag(DeleteCard.Sure) is true;
}
