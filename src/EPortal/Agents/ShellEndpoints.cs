using System.Reflection;
using System.Security.Cryptography;
using EPortal.Agents.Packages;
using EPortal.Api;
using EPortal.Patchsets;
using Microsoft.Net.Http.Headers;

namespace EPortal.Agents;

/// <summary>
/// Scripts for <c>curl … | bash</c>, or any other shell, with this portal's address in them.
/// </summary>
internal static class ShellEndpoints
{
    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        MapScript(routes, "install-kernelcare");
        MapScript(routes, "set-kernelcare-repo");
        MapScript(routes, "set-patch-server");
        routes.MapLazily(
            "/packages/kcarectl",
            [HttpMethods.Get],
            (AgentPackage package) =>
                package.PathOrNull is { } path
                    ? Results.File(path, "application/octet-stream", "kcarectl", enableRangeProcessing: true)
                    : Results.NotFound()
        );
    }

    private static void MapScript(IEndpointRouteBuilder routes, string name) =>
        routes.MapLazily(
            $"/{name}",
            [HttpMethods.Get],
            (HttpContext context, PortalSigner signer, AgentPackage package, AgentRepository repository) =>
            {
                context.Response.Headers[HeaderNames.CacheControl] = "no-store";
                return TypedResults.Text(
                    WithRepository(Read($"{name}.sh"), repository)
                        .Replace("@PORTAL@", PortalAddress.Of(context.Request), StringComparison.Ordinal)
                        .Replace("@AGENT_SHA256@", package.Sha256OrNull ?? "", StringComparison.Ordinal)
                        .Replace("@KEYS@", signer.KeysForAgents().Trim(), StringComparison.Ordinal),
                    "text/x-shellscript"
                );
            }
        );

    /// <summary>The part that sets up package managers, without its first lines, which are for checkers of scripts.
    /// </summary>
    private static string WithRepository(string script, AgentRepository repository)
    {
        const string Place = "@REPOSITORY@\n";
        if (!script.Contains(Place, StringComparison.Ordinal))
            return script;
        var state = repository.Current();
        var part = Read("repository.part.sh")
            .Replace("@DEB_ARCHITECTURES@", string.Join(' ', state.DebArchitectures), StringComparison.Ordinal)
            .Replace("@RPM_ARCHITECTURES@", string.Join(' ', state.RpmArchitectures), StringComparison.Ordinal)
            .Replace("@REPOSITORY_KEY@", repository.PublicKey.Trim(), StringComparison.Ordinal);
        return script.Replace(Place, string.Join('\n', part.Split('\n').Skip(2)), StringComparison.Ordinal);
    }

    private static string Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"EPortal.Agents.Scripts.{name}")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}

/// <summary>The agent that this portal serves: <c>kcarectl</c> beside the portal's own program.</summary>
internal sealed class AgentPackage
{
    private readonly Lazy<string?> _sha256;

    /// <summary>Looks for it in <paramref name="folder"/>.</summary>
    public AgentPackage(string folder)
    {
        var path = Path.Combine(folder, "kcarectl");
        PathOrNull = File.Exists(path) ? path : null;
        _sha256 = new Lazy<string?>(() =>
        {
            if (PathOrNull is null)
                return null;
            using var file = File.OpenRead(PathOrNull);
            return Convert.ToHexStringLower(SHA256.HashData(file));
        });
    }

    /// <summary>Where it is; null when this installation has none.</summary>
    public string? PathOrNull { get; }

    /// <summary>Lower-case hex of its SHA-256.</summary>
    public string? Sha256OrNull => _sha256.Value;
}
