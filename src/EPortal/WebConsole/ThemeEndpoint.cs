using EPortal.Api;
using EPortal.Data;

namespace EPortal.WebConsole;

/// <summary>Light or dark, kept by the browser.</summary>
internal static class ThemeEndpoint
{
    /// <summary>Maps it.</summary>
    public static void Map(IEndpointRouteBuilder routes) => routes.MapOwnAction("/theme", Choose);

    private static IResult Choose(ApiParameters parameters, HttpContext context)
    {
        var theme =
            Viewer.Themes.FirstOrDefault(known => known == parameters.Required("theme"))
            ?? throw new RefusedException(Refusal.Invalid, $"invalid theme: use {string.Join(", ", Viewer.Themes)}");
        context.Response.Cookies.Append(Viewer.ThemeCookie, theme, ConsoleCookie.Lasting(context));
        return TypedResults.LocalRedirect(LocalPath.Of(parameters.Text("next")));
    }
}
