using EPortal.Api;

namespace EPortal.WebConsole;

/// <summary>Who looks at a page, and how.</summary>
/// <param name="Name">Name of the account.</param>
/// <param name="IsAdmin">Whether it may change things; what it may not is not shown to it, and refused all the
/// same.</param>
/// <param name="Theme"><c>light</c>, <c>dark</c>, or <c>auto</c> for what the system has.</param>
internal sealed record Viewer(string Name, bool IsAdmin, string Theme)
{
    /// <summary>Where a browser keeps its theme.</summary>
    public const string ThemeCookie = "eportal_theme";

    /// <summary>Themes there are; the first is the default.</summary>
    public static readonly IReadOnlyList<string> Themes = ["auto", "light", "dark"];

    /// <summary>Who makes this request.</summary>
    public static Viewer Of(HttpContext context) =>
        new(context.Actor().Name, context.User.IsInRole(ApiRoutes.AdminPolicy), ThemeOf(context));

    /// <summary>The theme of this browser.</summary>
    public static string ThemeOf(HttpContext context) =>
        Themes.FirstOrDefault(theme => theme == context.Request.Cookies[ThemeCookie]) ?? Themes[0];
}
