using EPortal.Api;
using EPortal.Blobs;
using EPortal.Patchsets;
using Microsoft.Net.Http.Headers;

namespace EPortal.Agents.Packages;

/// <summary>
/// <c>/repo/</c>: the repositories of the agent's packages. As with the install script, everybody may read them: a host
/// has no login before it has the agent. Paths are looked up among those that exist and never reach the disk.
/// </summary>
internal static class AgentRepositoryEndpoints
{
    /// <summary>The public key as a file.</summary>
    public const string KeyPath = "/repo/kernelcare.asc";

    private static readonly string[] Methods = [HttpMethods.Get];

    /// <summary>Maps it.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapLazily(KeyPath, Methods, (AgentRepository repository) => TypedResults.Text(repository.PublicKey));
        routes.MapLazily(
            "/repo/deb/{**path}",
            Methods,
            (string? path, HttpContext context, AgentRepository repository, FileIntegrity intact) =>
                Answer(context, () => repository.DebOrNull(path ?? ""), repository, intact)
        );
        routes.MapLazily(
            "/repo/rpm/{**path}",
            Methods,
            (string? path, HttpContext context, AgentRepository repository, FileIntegrity intact) =>
                Answer(context, () => repository.RpmOrNull(path ?? ""), repository, intact)
        );
    }

    private static async Task<IResult> Answer(
        HttpContext context,
        Func<RepositoryFile?> find,
        AgentRepository repository,
        FileIntegrity intact
    )
    {
        var file = find();
        if (file?.Disk is not null && !await IsIntact(file, intact))
        {
            repository.Renew(file);
            file = find();
        }

        if (file is null)
            return TypedResults.NotFound();
        // Caches on the way have to ask each time whether their copy is still right.
        context.Response.Headers.CacheControl = "no-cache";
        var tag = new EntityTagHeaderValue($"\"{file.Sha256}\"");
        if (file.Content is { } content)
            return TypedResults.Bytes(content, PatchFileAnswer.Binary, entityTag: tag);
        if (!await IsIntact(file, intact))
            throw new UnavailableException("an agent package is damaged or gone, not served");
        return TypedResults.PhysicalFile(
            file.Disk!,
            PatchFileAnswer.Binary,
            entityTag: tag,
            enableRangeProcessing: true
        );
    }

    private static ValueTask<bool> IsIntact(RepositoryFile file, FileIntegrity intact) =>
        intact.IsIntact(file.Disk!, file.Size, file.Sha256);
}
