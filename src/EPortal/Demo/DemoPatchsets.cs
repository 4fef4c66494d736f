using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using EPortal.Data;
using EPortal.Feeds;
using EPortal.Format;
using EPortal.Hosting;

namespace EPortal.Demo;

/// <summary>
/// Makes, signs and deploys the demonstration's patchsets, the way a vendor and an administrator would.
/// </summary>
internal sealed class DemoPatchsets(Portal portal, MinisignSecretKey vendor, Actor actor)
{
    private const int PayloadLength = 48 * 1024;

    /// <summary>
    /// Makes all; <c>test</c> gets every one, <c>main</c> lags by one, <c>late</c> by three and refuses one.
    /// </summary>
    public async Task DeployAsync(CancellationToken cancel)
    {
        var now = portal.Time.GetUtcNow();
        for (var n = 1; n <= DemoCatalog.KernelPatchsets; n++)
            await DeployAsync(Kernel(n, now), "test", cancel);
        await EnableUpToAsync(DemoCatalog.KernelPatchsets - 1, Feed.Main, now);
        await EnableUpToAsync(DemoCatalog.KernelPatchsets - 3, "late", now);
        await portal.Rollout.Disable(
            actor,
            Product.Kernel,
            DemoCatalog.KernelName(DemoCatalog.KernelPatchsets - 2, now),
            "late"
        );
        for (var n = 1; n <= DemoCatalog.LibraryPatchsets; n++)
            await DeployAsync(Library(n, now), Feed.Main, cancel);
    }

    private Task EnableUpToAsync(int n, string feed, DateTimeOffset now) =>
        portal.Rollout.EnableUpTo(actor, Product.Kernel, DemoCatalog.KernelName(n, now), feed, CancellationToken.None);

    private async Task DeployAsync(
        (Product Product, PatchsetBuilder Builder) patchset,
        string feed,
        CancellationToken cancel
    )
    {
        using var archive = new MemoryStream();
        await patchset.Builder.WriteAsync(archive, Compression.Bzip2, vendor, cancel);
        archive.Position = 0;
        await portal.Patchsets.Deploy(
            actor,
            patchset.Product,
            archive,
            (change, found) => Rollout.Enable(change, (FeedStore.Get(change.Session, feed), found)),
            cancel
        );
    }

    private static (Product Product, PatchsetBuilder Builder) Kernel(int n, DateTimeOffset now)
    {
        var kernels = DemoCatalog.KernelsOf(n).ToList();
        var name = DemoCatalog.KernelName(n, now);
        var builder = new PatchsetBuilder(
            Head(name, Product.Kernel, n, now) with
            {
                Distros = [.. kernels.Select(kernel => kernel.Distro).Distinct()],
            }
        );
        foreach (var kernel in kernels)
        {
            builder.AddTarget(
                new ManifestTarget
                {
                    Id = kernel.Id,
                    Level = n,
                    Distro = kernel.Distro,
                    Release = kernel.Release,
                    Euname = kernel.Euname(n),
                    Machine = "x86_64",
                    Files = new Dictionary<string, FileEntry>(),
                }
            );
            builder.AddFile(kernel.Id, "kpatch.bin", Payload($"{kernel.Id} {n}"));
            builder.AddFile(
                kernel.Id,
                KpatchInfo.FileName,
                Encoding.UTF8.GetBytes(Info(kernel, name, n, now).ToText())
            );
        }

        return (Product.Kernel, builder);
    }

    private static (Product Product, PatchsetBuilder Builder) Library(int n, DateTimeOffset now)
    {
        var released = DemoCatalog.Released(DemoCatalog.KernelPatchsets - n, now);
        var builder = new PatchsetBuilder(
            Head($"U{released:yyyyMMdd}_{n:00}", Product.User, n, now) with
            {
                Released = released,
                Distros = ["almalinux9", "debian12"],
            }
        );
        foreach (var library in new[] { "libc", "libssl" })
        {
            var buildId = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(library))[..20]);
            builder.AddTarget(
                new ManifestTarget
                {
                    Id = buildId,
                    Level = n,
                    Files = new Dictionary<string, FileEntry>(),
                }
            );
            builder.AddFile(buildId, "libcare.bin", Payload($"{library} {n}"));
        }

        return (Product.User, builder);
    }

    private static Manifest Head(string name, Product product, int n, DateTimeOffset now) =>
        new()
        {
            Name = name,
            Product = product,
            Released = DemoCatalog.Released(n, now),
            Summary = string.Create(CultureInfo.InvariantCulture, $"Demonstration fixes, round {n}"),
            Changelog = $"# {name}\n\nInvented fixes for the demonstration; the payloads are not machine code.\n",
            Targets = [],
        };

    private static KpatchInfo Info(DemoKernel kernel, string name, int level, DateTimeOffset now) =>
        new()
        {
            Os = kernel.Distro,
            Kernel = kernel.Release,
            Time = DemoCatalog.Released(level, now).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
            Uname = kernel.Euname(level),
            Fixes =
            [
                new KpatchFix
                {
                    Name = name,
                    Description = "Demonstration fix",
                    Kernel = kernel.Euname(level),
                    Cve = "N/A",
                    Cvss = "N/A",
                    CveUrl = "N/A",
                    PatchUrl = "N/A",
                },
            ],
        };

    /// <summary>Bytes of a real patch's size that are always the same for the same patch.</summary>
    private static byte[] Payload(string of)
    {
        var bytes = new byte[PayloadLength];
        var block = Encoding.ASCII.GetBytes(of);
        for (var at = 0; at < bytes.Length; at += block.Length)
        {
            block = SHA256.HashData(block);
            block.AsSpan(0, Math.Min(block.Length, bytes.Length - at)).CopyTo(bytes.AsSpan(at));
        }

        return bytes;
    }
}
