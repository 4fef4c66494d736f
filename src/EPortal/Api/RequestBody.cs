using EPortal.Data;
using Microsoft.AspNetCore.Connections;

namespace EPortal.Api;

/// <summary>
/// Reads what a caller sends; what is wrong with it, down to its chunks, is the caller's fault and no failure of the
/// portal.
/// </summary>
internal static class RequestBody
{
    /// <summary>Reads.</summary>
    /// <exception cref="RefusedException">It is malformed, or ends before its end.</exception>
    /// <exception cref="BadHttpRequestException">It is too large, too slow, or malformed.</exception>
    /// <exception cref="ConnectionResetException">The caller hung up.</exception>
    public static async ValueTask<T> Read<T>(HttpContext context, Func<CancellationToken, ValueTask<T>> read)
    {
        try
        {
            return await read(context.RequestAborted);
        }
        catch (Exception e)
            when (e is IOException and not (BadHttpRequestException or ConnectionResetException)
                && context.RequestAborted.IsCancellationRequested
            )
        {
            throw new ConnectionResetException("the caller hung up", e);
        }
        catch (Exception e)
            when (e
                    is InvalidDataException
                        or ArgumentException
                        or (IOException and not (BadHttpRequestException or ConnectionResetException))
            )
        {
            throw new RefusedException(Refusal.Invalid, "the request body is malformed or was cut off");
        }
    }
}
