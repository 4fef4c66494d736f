using System.Reflection;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using EPortal.Data;
using EPortal.Patchsets;
using Microsoft.Net.Http.Headers;

namespace EPortal.Agents;

/// <summary>
/// Scripts for <c>curl … | bash</c> with this portal's address in them. The address comes from the request, so it is taken
/// only when it is a plain host name or address; then it can mean nothing else to a shell.
/// </summary>
internal static partial class ShellEndpoints
{
    /// <summary>Maps them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/install-kernelcare", (HttpContext context, PortalSigner signer, AgentPackage package) =>
            Script(context, "install-kernelcare.sh", signer, package));
        routes.MapGet("/set-patch-server", (HttpContext context, PortalSigner signer, AgentPackage package) =>
            Script(context, "set-patch-server.sh", signer, package));
        routes.MapGet("/packages/kcarectl", (AgentPackage package) => package.PathOrNull is { } path
            ? Results.File(path, "application/octet-stream", "kcarectl", enableRangeProcessing: true)
            : Results.NotFound());
    }

    private static IResult Script(HttpContext context, string name, PortalSigner signer, AgentPackage package)
    {
        context.Response.Headers[HeaderNames.CacheControl] = "no-store";
        return TypedResults.Text(
            Read(name)
                .Replace("@PORTAL@", Address(context.Request), StringComparison.Ordinal)
                .Replace("@AGENT_SHA256@", package.Sha256OrNull ?? "", StringComparison.Ordinal)
                .Replace("@KEYS@", signer.KeysForAgents().Trim(), StringComparison.Ordinal),
            "text/x-shellscript");
    }

    private static string Address(HttpRequest request) =>
        request.Scheme is "http" or "https" && PlainHost().IsMatch(request.Host.Value ?? "")
            ? $"{request.Scheme}://{request.Host.Value}"
            : throw new RefusedException(Refusal.Invalid, "The Host header is not a plain host name or address.");

    private static string Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"EPortal.Agents.Scripts.{name}")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"^([A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?\z")]
    private static partial Regex PlainHost();
}

/// <summary>The agent that this portal hands out: <c>kcarectl</c> beside the portal's own program.</summary>
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
