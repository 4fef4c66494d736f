namespace EPortal.Hosting;

/// <summary>Brings parts of a request whose form is free into the one that everything behind this expects.</summary>
internal sealed class RequestForm(RequestDelegate next)
{
    /// <summary>Does so and passes on.</summary>
    public Task Invoke(HttpContext context)
    {
        var request = context.Request;
        // Schemes are alike whatever their case (RFC 3986, 3.1), and a proxy may name one as it likes.
        if (request.Scheme.Any(char.IsAsciiLetterUpper))
            request.Scheme = request.Scheme.ToLowerInvariant();
        // A range in a unit that is not known is passed over (RFC 9110, 14.2).
        if (
            request.Headers.Range.Count > 0
            && !request.Headers.Range.ToString().TrimStart().StartsWith("bytes", StringComparison.OrdinalIgnoreCase)
        )
            request.Headers.Remove("Range");
        return next(context);
    }
}
