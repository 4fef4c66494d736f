using System.Diagnostics;
using Xunit;

namespace EPortal.Tests.Hosting;

/// <summary>A file system in memory that is small enough to fill.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _path;

    private SmallDisk(string path) => _path = path;

    private string Ballast => Path.Combine(_path, "ballast");

    /// <summary>Mounts one; where this machine does not allow that, the test is skipped.</summary>
    public static SmallDisk MountOrSkip(string path, string size)
    {
        Directory.CreateDirectory(path);
        using var mount = Process.Start(
            new ProcessStartInfo("mount", ["-t", "tmpfs", "-o", $"size={size}", "tmpfs", path])
            {
                RedirectStandardError = true,
            }
        )!;
        mount.WaitForExit();
        Assert.SkipUnless(mount.ExitCode == 0, "this machine does not let a test mount a file system");
        return new SmallDisk(path);
    }

    public void Remount(string option) => Shell.Run("mount", "-o", $"remount,{option}", _path);

    /// <summary>Takes all the space there is.</summary>
    public void Fill()
    {
        try
        {
            using var file = new FileStream(Ballast, FileMode.Append, FileAccess.Write, FileShare.None, 1);
            for (; ; file.Write(new byte[4096]))
                file.Flush();
        }
        catch (IOException)
        {
            // Full: that is what was wanted.
        }
    }

    /// <summary>Takes all the space but this much, in whole pages.</summary>
    public void FillBut(int bytes)
    {
        Fill();
        using var file = new FileStream(Ballast, FileMode.Open, FileAccess.Write);
        file.SetLength(Math.Max(0, file.Length - bytes));
    }

    public void Free() => File.Delete(Ballast);

    public void Dispose() => Shell.Run("umount", _path);
}
