using System.Diagnostics;
using System.Security.Cryptography;
using EPortal.Format;

namespace EPortal.Fuzz;

/// <summary>
/// What came of an archive: how it was refused (null: taken), and what is wrong with that (null: nothing).
/// </summary>
internal sealed record Outcome(PatchsetErrorCode? Refused, string? Finding);

/// <summary>Unpacks an archive in a watched folder and holds the outcome to the rules.</summary>
internal sealed class Trial : IDisposable
{
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(5);

    private readonly string _folder = Directory.CreateTempSubdirectory("eportal-fuzz-").FullName;
    private readonly string _staging;
    private readonly string _bystander;
    private readonly long _mostMemory;

    /// <summary>
    /// Makes the folder; the process may allocate <paramref name="mostMemory"/> bytes during a trial.
    /// </summary>
    public Trial(long mostMemory)
    {
        _mostMemory = mostMemory;
        _staging = Path.Combine(_folder, "around", "staging");
        _bystander = Path.Combine(_folder, "around", "bystander");
        Directory.CreateDirectory(Path.GetDirectoryName(_bystander)!);
        File.WriteAllText(_bystander, "not to be touched");
    }

    /// <summary>Tries an archive; the tree around the staging folder must be afterwards what it was.</summary>
    public async Task<Outcome> RunAsync(byte[] archive, TrustedKeys trusted)
    {
        Directory.CreateDirectory(_staging);
        var clock = Stopwatch.StartNew();
        var memory = GC.GetTotalAllocatedBytes();
        Outcome outcome;
        try
        {
            using var stream = new MemoryStream(archive);
            var staged = await PatchsetArchive.UnpackAsync(
                stream,
                _staging,
                trusted,
                PatchsetLimits.Default,
                Seeds.Now,
                CancellationToken.None
            );
            outcome = new Outcome(null, WrongContent(staged));
        }
        catch (PatchsetException e)
        {
            outcome = new Outcome(e.Code, Links());
        }
        catch (Exception e)
        {
            outcome = new Outcome(null, $"{e.GetType().Name}: {e.Message}");
        }

        Directory.Delete(_staging, recursive: true);
        var finding =
            outcome.Finding
            ?? (clock.Elapsed > MostTime ? $"took {clock.Elapsed.TotalSeconds:F1} s" : null)
            ?? (
                GC.GetTotalAllocatedBytes() - memory is var used && used > _mostMemory
                    ? $"took {used >> 20} MiB of memory"
                    : null
            )
            ?? Around();
        return outcome with { Finding = finding };
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>What is in the folder must be what the manifest says, and that what the manifest's text says.</summary>
    private string? WrongContent(StagedPatchset staged)
    {
        var again = Manifest.Parse(staged.ManifestJson, PatchsetLimits.Default, Seeds.Now);
        if (!again.ToJson().AsSpan().SequenceEqual(staged.Manifest.ToJson()))
            return "the manifest reads differently the second time";
        var expected = staged
            .Manifest.Targets.SelectMany(target =>
                target.Files.Select(file =>
                    $"{target.Id}/{target.Level}/{file.Key} {file.Value.Size} {file.Value.Sha256}"
                )
            )
            .Order(StringComparer.Ordinal);
        var written = new DirectoryInfo(_staging)
            .EnumerateFiles("*", SearchOption.AllDirectories)
            .Select(file => $"{Path.GetRelativePath(_staging, file.FullName)} {file.Length} {Hash(file.FullName)}")
            .Order(StringComparer.Ordinal);
        return expected.SequenceEqual(written) ? Links() : "the files written are not those of the manifest";
    }

    private string? Links() =>
        new DirectoryInfo(_staging)
            .EnumerateFileSystemInfos("*", SearchOption.AllDirectories)
            .Any(entry => entry.LinkTarget is not null)
            ? "a link was made"
            : null;

    private string? Around()
    {
        var entries = Directory
            .EnumerateFileSystemEntries(_folder, "*", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal);
        return
            entries.SequenceEqual([Path.Combine(_folder, "around"), _bystander])
            && File.ReadAllText(_bystander) == "not to be touched"
            ? null
            : "something outside of the staging folder was changed";
    }

    private static string Hash(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
}
