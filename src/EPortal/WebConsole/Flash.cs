using System.Buffers.Text;
using System.Text;

namespace EPortal.WebConsole;

/// <summary>A sentence that the next page says once, kept by the browser until then.</summary>
internal static class Flash
{
    private const string Cookie = "eportal_flash";
    private const int MaxLength = 500;

    /// <summary>In front of a sentence that says why nothing was done.</summary>
    private const char Refused = '!';

    /// <summary>Leaves it.</summary>
    /// <param name="context">The request that is answered.</param>
    /// <param name="message">The sentence.</param>
    /// <param name="isRefusal">Whether it says why nothing was done.</param>
    public static void Leave(HttpContext context, string message, bool isRefusal = false) =>
        context.Response.Cookies.Append(
            Cookie,
            Base64Url.EncodeToString(
                Encoding.UTF8.GetBytes(
                    (isRefusal ? $"{Refused}" : "")
                        + (message.Length <= MaxLength ? message : message[..MaxLength] + "…")
                )
            ),
            ConsoleCookie.Passing(context)
        );

    /// <summary>Takes it, with whether it says why nothing was done; null when there is none.</summary>
    public static (string Sentence, bool IsRefusal)? TakeOrNull(HttpContext context)
    {
        if (context.Request.Cookies[Cookie] is not { Length: > 0 and <= MaxLength * 6 } text)
            return null;
        context.Response.Cookies.Delete(Cookie, ConsoleCookie.Passing(context));
        if (!Base64Url.IsValid(text))
            return null;
        var sentence = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text));
        return sentence.StartsWith(Refused) ? (sentence[1..], true) : (sentence, false);
    }
}
