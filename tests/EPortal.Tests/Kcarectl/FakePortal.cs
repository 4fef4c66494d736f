using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using EPortal.AgentClient.Wire;
using EPortal.Format;
using EPortal.Tests.AgentClient;
using Microsoft.AspNetCore.Http;

namespace EPortal.Tests.Kcarectl;

/// <summary>A portal that offers one patch, and lies about it where a test tells it to.</summary>
internal sealed class FakePortal : IAsyncDisposable
{
    private readonly MinisignSecretKey _key = MinisignSecretKey.Generate();
    private StubServer _server = null!;

    public MinisignPublicKey Key => _key.PublicKey;

    public Uri Address => _server.Address;

    public List<CheckInRequest> Checkins { get; } = [];

    public List<string> PlainCalls { get; } = [];

    /// <summary>Answers of the plain calls by name; <c>code:0</c> where there is none.</summary>
    public Dictionary<string, string> Plain { get; } = [];

    public CheckInAnswer Answer { get; set; } = new();

    /// <summary>File bodies by path.</summary>
    public Dictionary<string, byte[]> Files { get; } = [];

    /// <summary>Paths that never end.</summary>
    public HashSet<string> Endless { get; } = [];

    public bool KnowsServer { get; set; } = true;

    public IEnumerable<string> Fetched => _server.Requests.Where(r => r.StartsWith("GET", StringComparison.Ordinal));

    public static async Task<FakePortal> StartAsync()
    {
        var portal = new FakePortal();
        portal._server = await StubServer.StartAsync(portal.AnswerAsync);
        return portal;
    }

    /// <summary>Makes a patch and offers it.</summary>
    /// <param name="level">Its level.</param>
    /// <param name="module">Name of its module.</param>
    /// <param name="alter">Changes what is signed.</param>
    /// <param name="key">Signs it; the portal's own where null.</param>
    /// <param name="payload">Bytes of kpatch.bin; a small module where null.</param>
    public void Offer(
        int level,
        string module,
        Func<PatchDescription, PatchDescription>? alter = null,
        MinisignSecretKey? key = null,
        byte[]? payload = null
    )
    {
        var files = new Dictionary<string, byte[]>
        {
            ["kpatch.bin"] = payload ?? TinyModule.Build(module),
            ["kpatch.info"] = Encoding.UTF8.GetBytes(
                $"OS: debian12\nkernel: 6.1.0-1-test\ntime: 2026-01-05 10:00:00\nuname: 6.1.0-{level + 10}\n\nkpatch-name: fix.patch\nkpatch-cve: CVE-2026-0001\n"
            ),
            ["kpatch.blacklist"] = "some_function\n"u8.ToArray(),
        };
        var description = new PatchDescription
        {
            Format = 1,
            Product = Product.Kernel,
            Patchset = $"K2026010{level}_01",
            Target = FakeHost.KernelId,
            Level = level,
            Released = DateTimeOffset.UtcNow.AddDays(-2),
            Files = files.ToDictionary(f => f.Key, f => new FileEntry(f.Value.Length, Hash(f.Value))),
        };
        var json = (alter?.Invoke(description) ?? description).ToJson();
        files[PatchDescription.FileName] = json;
        files[PatchDescription.SignatureFileName] = Encoding.UTF8.GetBytes(
            (key ?? _key).Sign(json, "tests", "signature of tests")
        );
        foreach (var (name, content) in files)
            Files[PathOf(level, name)] = content;
        Answer = new CheckInAnswer
        {
            Supported = true,
            Level = level,
            Patchset = description.Patchset,
            Product = "kernel",
            Files =
            [
                .. files.Select(f => new OfferedFile
                {
                    Name = f.Key,
                    Size = f.Value.Length,
                    Sha256 = Hash(f.Value),
                    Url = PathOf(level, f.Key),
                }),
            ],
        };
    }

    public static string PathOf(int level, string name) => $"/{FakeHost.KernelId}/{level}/{name}";

    /// <summary>Replaces a file and tells its new size and hash, as a portal that was broken into would.</summary>
    public void Swap(int level, string name, byte[] content)
    {
        Files[PathOf(level, name)] = content;
        Answer = Answer with
        {
            Files =
            [
                .. Answer.Files!.Select(f =>
                    f.Name == name ? f with { Size = content.Length, Sha256 = Hash(content) } : f
                ),
            ],
        };
    }

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (path.EndsWith("/checkin", StringComparison.Ordinal))
            await CheckInAsync(context);
        else if (path.EndsWith(".plain", StringComparison.Ordinal))
            await PlainAsync(context, Path.GetFileName(path));
        else if (Endless.Contains(path))
            await EndlessAsync(context);
        else if (Files.TryGetValue(path, out var content))
            await context.Response.Body.WriteAsync(content, context.RequestAborted);
        else
            context.Response.StatusCode = 404;
    }

    private async Task CheckInAsync(HttpContext context)
    {
        Checkins.Add(
            (
                await JsonSerializer.DeserializeAsync(
                    context.Request.Body,
                    AgentJson.Default.CheckInRequest,
                    context.RequestAborted
                )
            )!
        );
        context.Response.StatusCode = KnowsServer ? 200 : 401;
        await context.Response.WriteAsJsonAsync(Answer, AgentJson.Default.CheckInAnswer, "application/json");
    }

    private async Task PlainAsync(HttpContext context, string name)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        PlainCalls.Add($"{name} {string.Join('&', form.Select(f => $"{f.Key}={f.Value}"))}");
        await context.Response.WriteAsync(Plain.GetValueOrDefault(name, "code:0\n"), context.RequestAborted);
    }

    private static async Task EndlessAsync(HttpContext context)
    {
        while (!context.RequestAborted.IsCancellationRequested)
            await context.Response.Body.WriteAsync(new byte[64 * 1024], context.RequestAborted);
    }
}
