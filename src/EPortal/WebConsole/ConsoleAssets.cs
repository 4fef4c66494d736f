using System.Collections.Frozen;
using System.Reflection;
using System.Security.Cryptography;
using EPortal.Api;
using Microsoft.Net.Http.Headers;

namespace EPortal.WebConsole;

/// <summary>
/// What browsers load besides pages: styles, scripts, icons, made at the build and kept in the program. Their addresses
/// carry a hash, so that a browser keeps them for good and gets new ones with a new version.
/// </summary>
internal static class ConsoleAssets
{
    private const string Base = "/admin/assets";
    private const string Prefix = "console/";
    private const int HashLength = 12;

    private static readonly (string Encoding, string Ending)[] s_encodings = [("br", ".br"), ("gzip", ".gz")];

    private static readonly FrozenDictionary<string, byte[]> s_files = Read();

    /// <summary>Address of the style sheet.</summary>
    public static string Styles { get; } = AddressOf("console.css");

    /// <summary>Address of the script of all pages.</summary>
    public static string Script { get; } = AddressOf("console.js");

    /// <summary>Address of the script of pages with charts.</summary>
    public static string Charts { get; } = AddressOf("charts.js");

    /// <summary>Address of the icons.</summary>
    public static string Icons { get; } = AddressOf("icons.svg");

    /// <summary>Address of the sign in the browser's tab.</summary>
    public static string Favicon { get; } = AddressOf("favicon.svg");

    /// <summary>Maps them; they are no secret, the login page needs them.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapLazily(Base + "/{hash}/{name}", [HttpMethods.Get], Get).AllowAnonymous();
        // Where browsers look that show no page, such as one with the answer of a call.
        routes
            .MapLazily(
                "/favicon.ico",
                [HttpMethods.Get],
                (HttpContext context) =>
                {
                    context.Response.Headers.CacheControl = "public, max-age=86400";
                    return TypedResults.Bytes(s_files["favicon.svg"], TypeOf("favicon.svg"));
                }
            )
            .AllowAnonymous();
    }

    private static string AddressOf(string name) => $"{Base}/{HashOf(name)}/{name}";

    private static string HashOf(string name) => Convert.ToHexStringLower(SHA256.HashData(s_files[name]))[..HashLength];

    private static IResult Get(string hash, string name, HttpContext context)
    {
        if (!s_files.TryGetValue(name, out var bytes) || TypeOf(name) is not { } type || hash != HashOf(name))
            return TypedResults.NotFound();
        var headers = context.Response.Headers;
        headers.CacheControl = "public, max-age=31536000, immutable";
        headers.Vary = HeaderNames.AcceptEncoding;
        foreach (var (encoding, ending) in s_encodings)
        {
            if (
                !context
                    .Request.Headers.AcceptEncoding.ToString()
                    .Contains(encoding, StringComparison.OrdinalIgnoreCase)
            )
                continue;
            headers.ContentEncoding = encoding;
            return TypedResults.Bytes(s_files[name + ending], type);
        }

        return TypedResults.Bytes(bytes, type);
    }

    private static string? TypeOf(string name) =>
        Path.GetExtension(name) switch
        {
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            ".svg" => "image/svg+xml",
            _ => null,
        };

    private static FrozenDictionary<string, byte[]> Read()
    {
        var program = Assembly.GetExecutingAssembly();
        return program
            .GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .ToFrozenDictionary(
                name => name[Prefix.Length..],
                name =>
                {
                    using var stream = program.GetManifestResourceStream(name)!;
                    using var bytes = new MemoryStream();
                    stream.CopyTo(bytes);
                    return bytes.ToArray();
                },
                StringComparer.Ordinal
            );
    }
}
