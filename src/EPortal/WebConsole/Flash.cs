using System.Buffers.Text;
using System.Text;

namespace EPortal.WebConsole;

/// <summary>A sentence that the next page says once, kept by the browser until then.</summary>
internal static class Flash
{
    private const string Cookie = "eportal_flash";
    private const int MaxLength = 500;

    /// <summary>Leaves it.</summary>
    public static void Leave(HttpContext context, string message) => context.Response.Cookies.Append(
        Cookie, Base64Url.EncodeToString(Encoding.UTF8.GetBytes(message.Length <= MaxLength ? message : message[..MaxLength] + "…")), ConsoleCookie.Passing(context));

    /// <summary>Takes it; null when there is none.</summary>
    public static string? TakeOrNull(HttpContext context)
    {
        if (context.Request.Cookies[Cookie] is not { Length: > 0 and <= MaxLength * 6 } text)
            return null;
        context.Response.Cookies.Delete(Cookie, ConsoleCookie.Passing(context));
        return Base64Url.IsValid(text) ? Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)) : null;
    }
}
