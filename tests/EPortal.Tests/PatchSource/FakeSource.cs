using System.Security.Cryptography;
using System.Text;
using EPortal.Format;
using EPortal.Tests.AgentClient;
using EPortal.Tests.Format;
using Microsoft.AspNetCore.Http;

namespace EPortal.Tests.PatchSource;

/// <summary>A patch source on a real port that serves what a test publishes, or misbehaves as a test says.</summary>
internal sealed class FakeSource : IAsyncDisposable
{
    private StubServer _server = null!;

    public MinisignSecretKey Key { get; set; } = MinisignSecretKey.Generate();

    /// <summary>Served as they are, by path.</summary>
    public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    public List<RepositoryEntry> Entries { get; } = [];

    public long Version { get; set; }

    /// <summary>Answers in place of what is published, for paths it is given; false lets them pass.</summary>
    public Func<HttpContext, string, Task<bool>> Misbehave { get; set; } = (_, _) => Task.FromResult(false);

    public Uri Address => _server.Address;

    /// <summary>How often something was asked for that ends so.</summary>
    public int Asked(string ending) =>
        _server.Requests.Count(request => request.EndsWith(ending, StringComparison.Ordinal));

    public static async Task<FakeSource> StartAsync()
    {
        var source = new FakeSource();
        source._server = await StubServer.StartAsync(source.AnswerAsync);
        return source;
    }

    /// <summary>Adds a patchset of one kernel patch.</summary>
    public async Task<RepositoryEntry> AddAsync(
        string name,
        int level,
        string channel = "default",
        string distro = "debian12",
        Product product = Product.Kernel
    )
    {
        var builder = new PatchsetBuilder(
            SamplePatchset.Head(name, product) with
            {
                Released = new DateTimeOffset(2026, 1, level, 0, 0, 0, TimeSpan.Zero),
                Channel = channel,
                Distros = [distro],
            }
        );
        builder.AddTarget(SamplePatchset.Target(SamplePatchset.Kernel('a'), level));
        builder.AddFile(SamplePatchset.Kernel('a'), "kpatch.bin", RandomNumberGenerator.GetBytes(50_000));
        builder.AddFile(SamplePatchset.Kernel('a'), "kpatch.blacklist", "some_function\n"u8.ToArray());
        using var archive = new MemoryStream();
        var manifest = await builder.WriteAsync(archive, Compression.Gzip, Key, CancellationToken.None);
        await UnpackAsync(name, archive.ToArray());
        var entry = new RepositoryEntry
        {
            Product = product,
            Name = name,
            Released = manifest.Released,
            Channel = channel,
            Distros = [distro],
            Archive = $"archives/{name}.tar.gz",
            Size = archive.Length,
            Sha256 = Hash(archive.ToArray()),
            ManifestSha256 = Hash(Files[$"manifests/{name}.json"]),
        };
        Files[entry.Archive] = archive.ToArray();
        Entries.Add(entry);
        return entry;
    }

    /// <summary>Says something else of a patchset from the next index on.</summary>
    public void Say(string name, RepositoryState state)
    {
        var at = Entries.FindIndex(entry => entry.Name == name);
        Entries[at] = Entries[at] with { State = state };
    }

    /// <summary>Publishes the next index.</summary>
    public void Publish(DateTimeOffset? expires = null)
    {
        var index = new RepositoryIndex
        {
            Version = ++Version,
            Generated = DateTimeOffset.UtcNow,
            Expires = expires ?? DateTimeOffset.UtcNow.AddDays(30),
            Patchsets = [.. Entries],
        };
        Files["index.json"] = index.ToJson();
        Sign();
    }

    /// <summary>Signs the index as it is with the present key.</summary>
    public void Sign() =>
        Files["index.json.minisig"] = Encoding.UTF8.GetBytes(Key.Sign(Files["index.json"], "index.json", "x"));

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    /// <summary>Waits until the other side has gone.</summary>
    public static async Task HangAsync(HttpContext context)
    {
        var gone = new TaskCompletionSource();
        await using var registration = context.RequestAborted.Register(gone.SetResult);
        await gone.Task;
    }

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private async Task UnpackAsync(string name, byte[] archive)
    {
        var folder = Directory.CreateTempSubdirectory("eportal-test-").FullName;
        try
        {
            var staged = await PatchsetArchive.UnpackAsync(
                new MemoryStream(archive),
                folder,
                TrustedKeys.None,
                PatchsetLimits.Default,
                DateTimeOffset.UtcNow,
                CancellationToken.None
            );
            Files[$"manifests/{name}.json"] = staged.ManifestJson;
            Files[$"manifests/{name}.json.minisig"] = Encoding.UTF8.GetBytes(staged.ManifestSignature!);
            foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
                Files[$"patches/{Path.GetRelativePath(folder, file)}"] = await File.ReadAllBytesAsync(file);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value![1..];
        if (await Misbehave(context, path))
            return;
        if (Files.TryGetValue(path, out var content))
            await Results.Bytes(content, "application/octet-stream", enableRangeProcessing: true).ExecuteAsync(context);
        else
            context.Response.StatusCode = StatusCodes.Status404NotFound;
    }
}
