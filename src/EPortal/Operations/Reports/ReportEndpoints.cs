using EPortal.Api;
using EPortal.Data;
using EPortal.PatchSource;

namespace EPortal.Operations.Reports;

/// <summary>
/// <c>/patch-source/usage-report</c>: takes reports of portals that have this one as their patch source.
/// </summary>
internal static class ReportEndpoints
{
    /// <summary>Maps it.</summary>
    public static void Map(IEndpointRouteBuilder routes) =>
        RepositoryEndpoints
            .Group(routes)
            .MapLazily(PatchSourceConnection.ReportPath, [HttpMethods.Post], Take)
            .WithMetadata(new ReadsOwnBody());

    private static async Task<IResult> Take(HttpContext context, ChangeLog log)
    {
        var json = await RequestBody.Read(context, cancel => ReadAll(context.Request, cancel));
        var report = UsageReport.Read(json);
        await log.Commit(Actor.Portal, change => FollowerReports.Put(change, report));
        return TypedResults.Ok();
    }

    /// <summary>The server itself refuses larger bodies; this holds where that is allowed more.</summary>
    private static async ValueTask<byte[]> ReadAll(HttpRequest request, CancellationToken cancel)
    {
        using var kept = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(buffer, cancel)) > 0)
        {
            if (kept.Length + read > UsageReport.MaxBytes)
                throw new RefusedException(Refusal.Invalid, $"a usage report has at most {UsageReport.MaxBytes} bytes");
            kept.Write(buffer, 0, read);
        }

        return kept.ToArray();
    }
}
