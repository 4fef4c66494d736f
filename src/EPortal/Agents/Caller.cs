using System.Net.Http.Headers;
using System.Text;
using EPortal.Api;
using EPortal.Data;
using EPortal.Servers.CheckIns;

namespace EPortal.Agents;

/// <summary>The caller of a request.</summary>
internal static class Caller
{
    /// <summary>Password that every agent sends; the server id beside it is what counts.</summary>
    private const string AgentPassword = "kernelcare";

    /// <summary>The server id of Basic credentials <c>SERVER_ID:kernelcare</c> (RFC 7617); null without such.</summary>
    public static string? ServerIdOrNull(HttpRequest request)
    {
        if (
            !AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out var header)
            || !header.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase)
            || header.Parameter is not { Length: > 0 and < 256 } parameter
        )
            return null;
        var bytes = new byte[parameter.Length];
        if (!Convert.TryFromBase64String(parameter, bytes, out var length))
            return null;
        var credentials = Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2);
        return credentials is [var serverId, AgentPassword] ? serverId : null;
    }

    /// <summary>
    /// The same in the form that agents send, as a number; false where <see cref="ServerIdOrNull"/> has to decide.
    /// </summary>
    public static bool TryServerId(HttpRequest request, out PackedServerId id)
    {
        // SERVER_ID:kernelcare is 27 bytes, or 36 characters.
        const int Length = 36;
        const string Scheme = "Basic ";
        id = default;
        Span<byte> credentials = stackalloc byte[Length / 4 * 3];
        return request.Headers.Authorization is [{ Length: Length + 6 } header]
            && header.StartsWith(Scheme, StringComparison.Ordinal)
            && Convert.TryFromBase64Chars(header.AsSpan(Scheme.Length), credentials, out var length)
            && length == credentials.Length
            && credentials[16..].SequenceEqual(":kernelcare"u8)
            && PackedServerId.TryRead(credentials[..16], out id);
    }

    /// <summary>A parameter from the query string or, where there is one, the form.</summary>
    /// <exception cref="RefusedException">There is a body that is no form.</exception>
    public static async ValueTask<string?> Parameter(HttpRequest request, string name)
    {
        await CheckBody(request);
        if (request.Query.TryGetValue(name, out var query))
            return query.ToString();
        if (!request.HasFormContentType)
            return null;
        var form = await Form(request);
        return form.TryGetValue(name, out var value) ? value.ToString() : null;
    }

    private static async ValueTask CheckBody(HttpRequest request)
    {
        switch (BodyKinds.Of(request))
        {
            case BodyKind.None:
                break;
            case BodyKind.Form:
                if ((await Form(request)).Keys.Any(BodyKinds.IsDocument))
                    throw BodyKinds.FormIsDocument();
                break;
            default:
                if (
                    await RequestBody.Read(request.HttpContext, cancel => request.Body.ReadAsync(new byte[1], cancel))
                    > 0
                )
                    throw new RefusedException(Refusal.UnsupportedType, "unsupported Content-Type; send a form");
                break;
        }
    }

    private static ValueTask<IFormCollection> Form(HttpRequest request) =>
        RequestBody.Read(request.HttpContext, cancel => new ValueTask<IFormCollection>(request.ReadFormAsync(cancel)));

    /// <summary>A parameter that must be there.</summary>
    /// <exception cref="RefusedException">It is not.</exception>
    public static async ValueTask<string> Required(HttpRequest request, string name) =>
        await Parameter(request, name) is { Length: > 0 } value
            ? value
            : throw new RefusedException(Refusal.Invalid, $"parameter {name} is missing");
}
