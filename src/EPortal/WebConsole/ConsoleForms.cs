using EPortal.Api;
using EPortal.Data;

namespace EPortal.WebConsole;

/// <summary>What is the same for all forms.</summary>
internal static class ConsoleForms
{
    /// <summary>Does what a form asks for; when it is refused, shows the form again as it was filled in, with the reason.</summary>
    /// <param name="work">What to do, and where to go on to.</param>
    /// <param name="again">The form with a problem.</param>
    public static async Task<IResult> Try(Func<Task<IResult>> work, Func<string, IResult> again)
    {
        try
        {
            return await work();
        }
        catch (RefusedException e) when (e.Reason is not (Refusal.NotFound or Refusal.Forbidden))
        {
            return again(e.Message);
        }
    }

    /// <summary>Why a form was refused, for its page, which does not give a password back.</summary>
    public static string WithoutPassword(string problem, ApiParameters parameters) =>
        parameters.Text("password") is null ? problem : $"{problem} The password is not kept: type it again.";

    /// <summary>A deletion goes on only when its box was ticked.</summary>
    /// <exception cref="RefusedException">It was not.</exception>
    public static void MustBeSure(ApiParameters parameters)
    {
        if (parameters.Flag(DeleteCard.Sure) is not true)
            throw new RefusedException(Refusal.Invalid, "Nothing was deleted: tick the box that says that you are sure.");
    }
}
